import { describe, expect, test } from 'vitest';
import { kstatusOf } from '../../../src/kube/kstatus.ts';
import { condition, objectOf } from './objects.ts';

describe('kstatus of a Job', () => {
  const job = (status: object, spec: object = { completions: 2 }) => objectOf('batch/v1', 'Job', { spec, status: { ...status } });

  test('is in progress until it has started, then current', () => {
    expect(kstatusOf(job({}))).toEqual({ status: 'InProgress', message: 'it has not started yet' });
    expect(kstatusOf(job({ startTime: '2026-01-01T00:00:00Z', active: 1, failed: 3 }))).toEqual({
      status: 'Current',
      message: 'it runs: 1 Pods active, 0 succeeded, 3 failed',
    });
  });

  test('is current when it has completed, and says how far', () => {
    expect(kstatusOf(job({ succeeded: 2, conditions: [condition('Complete', 'True')] }))).toEqual({
      status: 'Current',
      message: 'it has completed: 2 of 2 Pods succeeded',
    });
  });

  test('without completions asks for as many as run at once', () => {
    expect(kstatusOf(job({ succeeded: 1, conditions: [condition('Complete', 'True')] }, { parallelism: 4 })).message).toContain('1 of 4');
  });

  test('has failed when the controller gave it up, and says why', () => {
    const conditions = [condition('Failed', 'True', 'BackoffLimitExceeded', 'it reached its backoff limit')];
    expect(kstatusOf(job({ failed: 7, conditions }))).toEqual({
      status: 'Failed',
      message: 'it has failed, with 7 failed Pods: it reached its backoff limit',
    });
  });

  test('is current while it is suspended', () => {
    expect(kstatusOf(job({ conditions: [condition('Suspended', 'True')] }))).toEqual({ status: 'Current', message: 'it is suspended' });
    expect(kstatusOf(job({ conditions: [condition('Suspended', 'False')] }))).toMatchObject({ status: 'InProgress' });
  });
});

describe('kstatus of a CustomResourceDefinition', () => {
  const definition = (...conditions: object[]) =>
    objectOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition', { status: { conditions } });

  test('is in progress until its kind is served', () => {
    expect(kstatusOf(objectOf('apiextensions.k8s.io/v1', 'CustomResourceDefinition'))).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(definition(condition('NamesAccepted', 'True'), condition('Established', 'False', 'Installing')))).toMatchObject({
      status: 'InProgress',
    });
  });

  test('is current when its kind is served', () => {
    expect(kstatusOf(definition(condition('NamesAccepted', 'True'), condition('Established', 'True')))).toMatchObject({
      status: 'Current',
    });
  });

  test.each([
    ['its names are taken', [condition('NamesAccepted', 'False', 'PluralConflict', 'widgets is taken')], 'widgets is taken'],
    [
      'its names are taken while an older form of it is served',
      [condition('Established', 'True'), condition('NamesAccepted', 'False', 'ListKindConflict')],
      'ListKindConflict',
    ],
    ['it is not established for good', [condition('Established', 'False', 'NotAccepted')], 'NotAccepted'],
  ])('has failed when %s', (_why, conditions, message) => {
    expect(kstatusOf(definition(...conditions))).toEqual({ status: 'Failed', message });
  });
});

describe('kstatus of a PersistentVolumeClaim', () => {
  test.each([
    ['Bound', 'Current'],
    ['Pending', 'InProgress'],
    ['Lost', 'InProgress'],
    [undefined, 'InProgress'],
  ])('in phase %s is %s', (phase, status) => {
    expect(kstatusOf(objectOf('v1', 'PersistentVolumeClaim', { status: { phase } }))).toMatchObject({ status });
  });
});

describe('kstatus of a Service', () => {
  test.each([
    [{ type: 'ClusterIP' }, 'Current'],
    [{}, 'Current'],
    [{ type: 'LoadBalancer' }, 'InProgress'],
    [{ type: 'LoadBalancer', clusterIP: '10.0.0.7' }, 'Current'],
  ])('with %j is %s', (spec, status) => {
    expect(kstatusOf(objectOf('v1', 'Service', { spec, status: { loadBalancer: {} } }))).toMatchObject({ status });
  });
});

describe('kstatus of a PodDisruptionBudget', () => {
  test('is current when the newest generation was seen, and in progress before', () => {
    expect(kstatusOf(objectOf('policy/v1', 'PodDisruptionBudget'))).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(objectOf('policy/v1', 'PodDisruptionBudget', { status: { observedGeneration: 1 } }))).toMatchObject({
      status: 'InProgress',
    });
    expect(kstatusOf(objectOf('policy/v1', 'PodDisruptionBudget', { status: {} }))).toMatchObject({ status: 'Current' });
  });
});

describe('kstatus of what no controller acts on', () => {
  test.each([
    ['v1', 'ConfigMap'],
    ['v1', 'Secret'],
    ['batch/v1', 'CronJob'],
  ])('%s %s is current at once', (apiVersion, kind) => {
    expect(kstatusOf(objectOf(apiVersion, kind))).toMatchObject({ status: 'Current' });
  });
});
