import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kstatusOf } from '../../src/kube/kstatus.ts';
import type { KubeObject } from '../../src/kube/object.ts';
import { condition, objectOf } from './kstatus/objects.ts';

const widget = (parts: Parameters<typeof objectOf>[2]) => objectOf('example.com/v1', 'Widget', parts);

describe('kstatus of any kind', () => {
  test.each(['Deployment', 'Widget'])('a %s that is being deleted is terminating, whatever else it says', (kind) => {
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z' };
    const conditions = [condition('Ready', 'True'), condition('Stalled', 'True')];
    expect(kstatusOf(objectOf('apps/v1', kind, { metadata, status: { conditions } }))).toEqual({
      status: 'Terminating',
      message: 'it is being deleted',
    });
  });

  test('a generation that its controller has not seen is in progress, however ready the object was before', () => {
    const conditions = [condition('Ready', 'True')];
    expect(kstatusOf(widget({ status: { observedGeneration: 1, conditions } }))).toEqual({
      status: 'InProgress',
      message: 'generation 2 was written, and its controller has seen 1',
    });
  });

  test('an observed generation that is no number is unknown', () => {
    expect(kstatusOf(widget({ status: { observedGeneration: '2' } }))).toMatchObject({ status: 'Unknown' });
  });

  test.each([
    ['Reconciling', 'InProgress'],
    ['Stalled', 'Failed'],
  ])('the condition %s makes it %s, with the words of the condition', (type, status) => {
    const conditions = [condition('Ready', 'True'), condition(type, 'True', 'Because', 'of something')];
    expect(kstatusOf(widget({ status: { conditions } }))).toEqual({ status, message: 'of something' });
  });

  test.each(['Reconciling', 'Stalled'])('the condition %s counts only while it is true', (type) => {
    expect(kstatusOf(widget({ status: { conditions: [condition(type, 'False')] } }))).toMatchObject({ status: 'Current' });
    expect(kstatusOf(widget({ status: { conditions: [condition(type, 'Unknown')] } }))).toMatchObject({ status: 'Current' });
  });

  test('the standard conditions win over the rules of a kind', () => {
    const conditions = [condition('Stalled', 'True', 'Broken')];
    expect(kstatusOf(objectOf('v1', 'ConfigMap', { status: { conditions } }))).toEqual({ status: 'Failed', message: 'Broken' });
  });

  test.each([
    ['True', 'Current'],
    ['False', 'InProgress'],
    ['Unknown', 'InProgress'],
  ])('a kind without rules is judged by its condition Ready: %s is %s', (ready, status) => {
    expect(kstatusOf(widget({ status: { conditions: [condition('Ready', ready, 'Waiting')] } }))).toMatchObject({ status });
  });

  test('a kind with rules is not judged by Ready', () => {
    const status = { phase: 'Bound', conditions: [condition('Ready', 'False')] };
    expect(kstatusOf(objectOf('v1', 'PersistentVolumeClaim', { status }))).toMatchObject({ status: 'Current' });
  });

  test('a kind that says nothing is current', () => {
    expect(kstatusOf(widget({ spec: { size: 1 } }))).toMatchObject({ status: 'Current' });
  });

  test('the rules of a kind hold in every version of its group, and in no other group', () => {
    expect(kstatusOf(objectOf('apps/v1beta2', 'Deployment', { status: {} }))).toMatchObject({ status: 'InProgress' });
    expect(kstatusOf(objectOf('example.com/v1', 'Deployment', { status: {} }))).toMatchObject({ status: 'Current' });
    expect(
      kstatusOf(objectOf('serving.knative.dev/v1', 'Service', { status: { conditions: [condition('Ready', 'False')] } })),
    ).toMatchObject({
      status: 'InProgress',
    });
  });
});

describe('kstatus of what a hostile controller writes', () => {
  const KINDS = [
    'apps/v1 Deployment',
    'apps/v1 StatefulSet',
    'apps/v1 DaemonSet',
    'apps/v1 ReplicaSet',
    'v1 Pod',
    'batch/v1 Job',
    'v1 Service',
    'v1 PersistentVolumeClaim',
    'policy/v1 PodDisruptionBudget',
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    'example.com/v1 Widget',
  ];
  const field = fc.constantFrom(
    'replicas',
    'conditions',
    'phase',
    'observedGeneration',
    'containerStatuses',
    'updateStrategy',
    'type',
    'succeeded',
    '__proto__',
    'constructor',
  );
  const mapping = fc.oneof(fc.dictionary(field, fc.jsonValue({ maxDepth: 3 })), fc.jsonValue());

  test('is one of the five statuses and a text, never an exception', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), mapping, mapping, fc.option(fc.integer()), (kind, spec, status, generation) => {
        const [apiVersion = '', name = ''] = kind.split(' ');
        const object: KubeObject = { apiVersion, kind: name, metadata: generation === null ? {} : { generation }, spec, status };
        const verdict = kstatusOf(object, 0);
        expect(['InProgress', 'Failed', 'Current', 'Terminating', 'Unknown']).toContain(verdict.status);
        expect(verdict.message).toMatch(/\S/);
      }),
      { numRuns: 500 },
    );
  });

  test('ignores entries that are no conditions', () => {
    const conditions = [null, 7, 'Stalled', [], { type: 3, status: 'True' }, { status: 'True' }, condition('Ready', 'True')];
    expect(kstatusOf(widget({ status: { conditions } }))).toMatchObject({ status: 'Current', message: 'it is ready' });
  });
});
