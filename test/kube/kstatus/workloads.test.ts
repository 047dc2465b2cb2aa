import { describe, expect, test } from 'vitest';
import { kstatusOf } from '../../../src/kube/kstatus.ts';
import { condition, objectOf } from './objects.ts';

describe('kstatus of a StatefulSet', () => {
  const FULL = { replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3, currentRevision: 'a', updateRevision: 'a' };
  const set = (status: object, updateStrategy: object = { type: 'RollingUpdate' }) =>
    objectOf('apps/v1', 'StatefulSet', { spec: { replicas: 3, updateStrategy }, status: { ...status } });

  test('is current when all replicas are ready and of one revision', () => {
    expect(kstatusOf(set(FULL))).toEqual({ status: 'Current', message: '3 of 3 replicas are ready' });
  });

  test.each([
    ['too few replicas', { replicas: 2 }, 'replicas: 2 of 3'],
    ['too few ready ones', { readyReplicas: 2 }, 'ready replicas: 2 of 3'],
    ['too many', { replicas: 5 }, '2 more replicas have to end'],
    ['too few of the current revision', { currentReplicas: 1 }, 'replicas of the current revision: 1 of 3'],
    ['two revisions', { updateRevision: 'b' }, 'its current revision is not yet the updated one'],
  ])('is in progress with %s', (_what, status, message) => {
    expect(kstatusOf(set({ ...FULL, ...status }))).toEqual({ status: 'InProgress', message });
  });

  test('with a partition is judged by the Pods from the partition on', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } };
    expect(kstatusOf(set({ ...FULL, updatedReplicas: 0, updateRevision: 'b' }, strategy))).toEqual({
      status: 'InProgress',
      message: 'updated replicas: 0 of 1',
    });
    expect(kstatusOf(set({ ...FULL, updatedReplicas: 1, updateRevision: 'b' }, strategy))).toMatchObject({ status: 'Current' });
  });

  test('with the partition 0 that the API server fills in wants all replicas updated', () => {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0 } };
    expect(kstatusOf(set({ ...FULL, updatedReplicas: 2 }, strategy))).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(set(FULL, strategy))).toMatchObject({ status: 'Current' });
  });

  test('with strategy OnDelete is current whatever its Pods do', () => {
    expect(kstatusOf(set({}, { type: 'OnDelete' }))).toMatchObject({ status: 'Current' });
  });
});

describe('kstatus of a DaemonSet', () => {
  const FULL = { desiredNumberScheduled: 4, currentNumberScheduled: 4, updatedNumberScheduled: 4, numberAvailable: 4, numberReady: 4 };
  const set = (status: object) => objectOf('apps/v1', 'DaemonSet', { spec: {}, status: { ...status } });

  test('is in progress until its controller has seen it', () => {
    expect(kstatusOf(objectOf('apps/v1', 'DaemonSet', { spec: {} }))).toEqual({
      status: 'InProgress',
      message: 'no controller has seen it yet',
    });
    expect(kstatusOf(set({ ...FULL, observedGeneration: undefined }))).toMatchObject({ status: 'InProgress' });
  });

  test('is in progress while its nodes are not counted', () => {
    expect(kstatusOf(set({}))).toEqual({ status: 'InProgress', message: 'its nodes have not been counted yet' });
  });

  test('is current on every node, and where there is no node for it', () => {
    expect(kstatusOf(set(FULL))).toMatchObject({ status: 'Current' });
    expect(kstatusOf(set({ desiredNumberScheduled: 0 }))).toMatchObject({ status: 'Current' });
  });

  test.each([
    ['currentNumberScheduled', 'scheduled Pods: 3 of 4'],
    ['updatedNumberScheduled', 'updated Pods: 3 of 4'],
    ['numberAvailable', 'available Pods: 3 of 4'],
    ['numberReady', 'ready Pods: 3 of 4'],
  ])('is in progress with too small a %s', (field, message) => {
    expect(kstatusOf(set({ ...FULL, [field]: 3 }))).toEqual({ status: 'InProgress', message });
  });
});

describe('kstatus of a ReplicaSet', () => {
  const FULL = { replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
  const set = (status: object) => objectOf('apps/v1', 'ReplicaSet', { spec: { replicas: 2 }, status: { ...status } });

  test('is current when all replicas are available', () => {
    expect(kstatusOf(set(FULL))).toMatchObject({ status: 'Current' });
  });

  test.each([
    ['fullyLabeledReplicas', 1, 'labelled replicas: 1 of 2'],
    ['availableReplicas', 1, 'available replicas: 1 of 2'],
    ['readyReplicas', 1, 'ready replicas: 1 of 2'],
    ['replicas', 3, '1 more replica has to end'],
  ])('is in progress when %s is %d', (field, count, message) => {
    expect(kstatusOf(set({ ...FULL, [field]: count }))).toEqual({ status: 'InProgress', message });
  });

  test('tells why a Pod could not be created', () => {
    const conditions = [condition('ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota')];
    expect(kstatusOf(set({ ...FULL, conditions }))).toEqual({
      status: 'InProgress',
      message: 'a Pod cannot be created or deleted: exceeded quota',
    });
  });
});
