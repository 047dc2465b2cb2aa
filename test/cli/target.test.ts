import { describe, expect, test } from 'vitest';
import { parseTarget } from '../../src/cli/target.ts';

describe('parseTarget', () => {
  test('splits kind and name', () => {
    expect(parseTarget('ConfigMap/settings')).toEqual({ kind: 'ConfigMap', name: 'settings' });
    expect(parseTarget('deployments.apps/web')).toEqual({ kind: 'deployments.apps', name: 'web' });
  });

  test('keeps colons and dots, which names of roles have', () => {
    expect(parseTarget('ClusterRole/system:node')).toEqual({ kind: 'ClusterRole', name: 'system:node' });
  });

  test.each(['ConfigMap', 'ConfigMap/', '/settings', '', '/'])('refuses %j, which lacks a half', (text) => {
    expect(() => parseTarget(text)).toThrow('--target must be Kind/Name');
  });

  test.each(['ConfigMap/shop/settings', 'ConfigMap/..', 'ConfigMap/.', 'ConfigMap/a%2fb', 'ConfigMap/a b'])(
    'refuses %j, whose name would make another path',
    (text) => {
      expect(() => parseTarget(text)).toThrow('cannot be the name of an object');
    },
  );
});
