import { describe, expect, test } from 'vitest';
import { ALL_CONTENDERS } from '../../bench/contenders/all.ts';
import { CONTENDER_NAMES } from '../../bench/contenders/contender.ts';
import { planOf, runsOf } from '../../bench/plan.ts';
import { allWorkloads } from '../../bench/workloads/all.ts';
import { patchN } from '../../bench/workloads/patch-n.ts';

const workloads = allWorkloads([1, 200]);
const plan = planOf({ only: [], workloads: [], runs: 3, memoryItems: 1000 }, ALL_CONTENDERS, workloads);
const contender = (name: string) => {
  const found = ALL_CONTENDERS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no contender ${name}`);
  return found;
};

describe('planOf', () => {
  test('without wishes takes everything, the original first and ours next', () => {
    expect(plan.contenders.map(({ name }) => name)).toEqual([...CONTENDER_NAMES]);
    expect(plan.contenders.slice(0, 2).map(({ name }) => name)).toEqual(['original', 'janus']);
    expect(plan).toMatchObject({ webhookCost: true, memoryItems: 1000 });
  });

  test('takes only what was named', () => {
    const some = planOf({ only: ['helm'], workloads: ['patch-1'], runs: 1, memoryItems: 1000 }, ALL_CONTENDERS, workloads);
    expect(some.contenders.map(({ name }) => name)).toEqual(['helm']);
    expect(some.workloads.map(({ name }) => name)).toEqual(['patch-1']);
    expect(some).toMatchObject({ webhookCost: false, memoryItems: 0 });
  });

  test('names the workloads that there are when asked for one that there is not', () => {
    expect(() => planOf({ only: [], workloads: ['patch-7'], runs: 1, memoryItems: 1 }, ALL_CONTENDERS, workloads)).toThrow(
      /patch-7.*patch-1, patch-200/,
    );
  });

  test('gives plain tools the Patch workload alone', () => {
    const kubectl = workloads.filter((workload) => plan.does(contender('kubectl'), workload)).map(({ name }) => name);
    expect(kubectl).toEqual(['patch-1', 'patch-200']);
  });

  test('leaves a thousand items to ours', () => {
    const able = ALL_CONTENDERS.filter((each) => plan.does(each, patchN(1000))).map(({ name }) => name);
    expect(able).toEqual(['janus']);
  });
});

describe('runsOf', () => {
  test('runs the original at 200 once and everything else as often as asked', () => {
    expect(runsOf(plan, { name: 'original' }, patchN(200))).toBe(1);
    expect(runsOf(plan, { name: 'original' }, patchN(50))).toBe(3);
    expect(runsOf(plan, { name: 'janus' }, patchN(200))).toBe(3);
  });
});
