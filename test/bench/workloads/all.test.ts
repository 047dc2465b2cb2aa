import { describe, expect, test } from 'vitest';
import { allWorkloads } from '../../../bench/workloads/all.ts';
import { changesOf } from '../../../bench/workloads/job.ts';
import { incompressible } from '../../../bench/workloads/large-objects.ts';

const workloads = allWorkloads([1, 10, 50, 200]);

describe.each(workloads.map((workload) => [workload.name, workload] as const))('the workload %s', (_name, workload) => {
  const job = workload.job('somewhere');
  const changes = changesOf(job);
  const before = new Map(job.initial.map((object) => [object.metadata.name, object]));

  test('changes as many objects as it says, each once', () => {
    expect(new Set(changes.map(({ object }) => object.metadata.name)).size).toBe(workload.items);
    expect(changes).toHaveLength(workload.items);
  });

  test('stays in its namespace', () => {
    expect(new Set([...job.initial, ...changes.map(({ object }) => object)].map(({ metadata }) => metadata.namespace))).toEqual(
      new Set(['somewhere']),
    );
  });

  test('starts from the objects that it changes, and from none that it creates', () => {
    for (const { type, object } of changes) expect(before.has(object.metadata.name)).toBe(type !== 'Create');
  });

  test('really changes every object: a write that changes nothing would cost nothing', () => {
    for (const { type, object } of changes) {
      if (type !== 'Delete') expect(object.data['value']).not.toBe(before.get(object.metadata.name)?.data['value']);
    }
  });
});

describe('the workload twenty-by-ten', () => {
  test('is twenty transactions of ten', () => {
    const sizes = workloads
      .find(({ name }) => name === 'twenty-by-ten')
      ?.job('n')
      .transactions.map((changes) => changes.length);
    expect(sizes).toEqual(Array.from({ length: 20 }, () => 10));
  });
});

describe('incompressible', () => {
  test('is as long as asked, and the same for the same seed', () => {
    expect(incompressible('a', 1001)).toHaveLength(1001);
    expect(incompressible('a', 1001)).toBe(incompressible('a', 1001));
    expect(incompressible('a', 100)).not.toBe(incompressible('b', 100));
  });
});
