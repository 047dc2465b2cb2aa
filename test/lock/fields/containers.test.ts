import { describe, expect, test } from 'vitest';
import { withoutContainers } from '../../../src/lock/fields/containers.ts';

describe('a set without containers', () => {
  test('keeps what has a value of its own, and leaves out what only holds it', () => {
    const fields = {
      'f:data': { '.': {}, 'f:a': {} },
      'f:spec': { 'f:parts': { '.': {}, 'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:size': {} } } },
    };
    expect(withoutContainers(fields)).toEqual({
      'f:data': { 'f:a': {} },
      'f:spec': { 'f:parts': { 'k:{"name":"x"}': { 'f:name': {}, 'f:size': {} } } },
    });
  });

  test('keeps what holds nothing, as a leaf or as mere presence', () => {
    const fields = { 'f:data': {}, 'f:metadata': { 'f:labels': { '.': {} } } };
    expect(withoutContainers(fields)).toEqual(fields);
  });

  test('of nothing is nothing', () => expect(withoutContainers({})).toEqual({}));
});
