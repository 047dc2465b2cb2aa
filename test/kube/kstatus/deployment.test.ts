import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kstatusOf } from '../../../src/kube/kstatus.ts';
import { condition, objectOf } from './objects.ts';

const FINISHED = [condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available', 'True', 'MinimumReplicasAvailable')];
const FULL = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

function deployment(status: Readonly<Record<string, unknown>> | undefined, spec: object = {}) {
  return objectOf('apps/v1', 'Deployment', {
    spec: { replicas: 3, progressDeadlineSeconds: 600, ...spec },
    ...(status === undefined ? {} : { status: { conditions: FINISHED, ...status } }),
  });
}

describe('kstatus of a Deployment', () => {
  test('that nobody has acted on yet is in progress', () => {
    expect(kstatusOf(deployment(undefined))).toEqual({ status: 'InProgress', message: 'replicas: 0 of 3' });
  });

  test('whose replicas are all updated, ready and available is current', () => {
    expect(kstatusOf(deployment(FULL))).toEqual({ status: 'Current', message: '3 of 3 replicas are available' });
  });

  test.each([
    ['replicas', { replicas: 1 }, 'replicas: 1 of 3'],
    ['updated replicas', { updatedReplicas: 2 }, 'updated replicas: 2 of 3'],
    ['available replicas', { availableReplicas: 1 }, 'available replicas: 1 of 3'],
    ['ready replicas', { readyReplicas: 0 }, 'ready replicas: 0 of 3'],
  ])('with too few %s is in progress', (_what, status, message) => {
    expect(kstatusOf(deployment({ ...FULL, ...status }))).toEqual({ status: 'InProgress', message });
  });

  test('that still runs Pods of the old revision is in progress', () => {
    expect(kstatusOf(deployment({ ...FULL, replicas: 4 }))).toEqual({ status: 'InProgress', message: '1 more replica has to end' });
  });

  test('that went past its deadline has failed, even while enough Pods are there', () => {
    const conditions = [condition('Progressing', 'False', 'ProgressDeadlineExceeded'), condition('Available', 'True')];
    expect(kstatusOf(deployment({ ...FULL, conditions }))).toMatchObject({ status: 'Failed' });
  });

  test('whose rollout the controller has not finished is in progress', () => {
    const conditions = [condition('Progressing', 'True', 'ReplicaSetUpdated'), condition('Available', 'True')];
    expect(kstatusOf(deployment({ ...FULL, conditions }))).toMatchObject({ status: 'InProgress' });
  });

  test.each([[{ progressDeadlineSeconds: 2147483647 }], [{ progressDeadlineSeconds: undefined }]])(
    'without a deadline (%j) is not asked for the Progressing condition, which it then never has',
    (spec) => {
      expect(kstatusOf(deployment({ ...FULL, conditions: [condition('Available', 'True')] }, spec))).toMatchObject({ status: 'Current' });
    },
  );

  test('that is not available is in progress', () => {
    const conditions = [FINISHED[0], condition('Available', 'False', 'MinimumReplicasUnavailable')];
    expect(kstatusOf(deployment({ ...FULL, conditions }))).toEqual({ status: 'InProgress', message: 'it is not available yet' });
  });

  test('scaled to nothing is current once nothing is left', () => {
    expect(kstatusOf(deployment({ replicas: 1 }, { replicas: 0 }))).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(deployment({}, { replicas: 0 }))).toMatchObject({ status: 'Current' });
  });

  test('that does not say how many replicas it wants wants one', () => {
    expect(kstatusOf(deployment({}, { replicas: undefined }))).toEqual({ status: 'InProgress', message: 'replicas: 0 of 1' });
  });

  test('is never current while any count differs from what is asked for', () => {
    const count = fc.integer({ min: 0, max: 6 });
    fc.assert(
      fc.property(count, count, count, count, count, (wanted, replicas, updatedReplicas, readyReplicas, availableReplicas) => {
        const status = { replicas, updatedReplicas, readyReplicas, availableReplicas };
        const verdict = kstatusOf(deployment(status, { replicas: wanted }));
        const there = replicas === wanted && updatedReplicas >= wanted && readyReplicas >= wanted && availableReplicas >= updatedReplicas;
        expect(verdict.status).toBe(there ? 'Current' : 'InProgress');
      }),
    );
  });
});
