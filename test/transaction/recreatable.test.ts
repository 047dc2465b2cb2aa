import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { recreatable } from '../../src/transaction/recreatable.ts';

const SERVER_OWN = { uid: 'u1', resourceVersion: '5', generation: 2, creationTimestamp: '2024-01-01T00:00:00Z' };

describe('an object as it can be created again', () => {
  test('has everything but what the server gave the one that is gone', () => {
    const metadata = { name: 'it', namespace: 'shop', labels: { a: 'b' }, finalizers: ['x/y'], managedFields: [{ manager: 'flux' }] };
    const before: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, ...SERVER_OWN }, data: { a: '1' } };
    expect(recreatable(before)).toEqual({
      object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a: '1' } },
      lost: ['metadata.uid (the object was made anew)'],
    });
  });

  test('comes without its status, and says so', () => {
    const { object, lost } = recreatable({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'it' },
      spec: {},
      status: { loadBalancer: {} },
    });
    expect(object).not.toHaveProperty('status');
    expect(lost).toContain('status (its controller writes it anew)');
  });

  test('comes without the selector of a Job and the labels that name its uid', () => {
    const uidLabels = { 'controller-uid': 'u1', 'batch.kubernetes.io/controller-uid': 'u1', mine: 'yes' };
    const spec = { selector: { matchLabels: uidLabels }, template: { metadata: { labels: uidLabels }, spec: {} } };
    const { object, lost } = recreatable({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'it', labels: uidLabels }, spec });
    expect(object['spec']).toEqual({ template: { metadata: { labels: { mine: 'yes' } }, spec: {} } });
    expect(object.metadata.labels).toEqual({ mine: 'yes' });
    expect(lost).toContain('spec.selector and the labels that name its uid');
  });

  test('keeps the selector of a Job that was set by hand', () => {
    const spec = { manualSelector: true, selector: { matchLabels: { a: 'b' } } };
    expect(recreatable({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'it' }, spec }).object['spec']).toEqual(spec);
  });

  test('waits for the volume that a claim was bound to, without its half of the binding', () => {
    const annotations = { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes', mine: 'x' };
    const spec = { volumeName: 'v1' };
    const { object, lost } = recreatable({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'it', annotations }, spec });
    expect(object['spec']).toEqual(spec);
    expect(object.metadata.annotations).toEqual({ mine: 'x' });
    expect(lost.join()).toContain('volume v1');
  });

  test('is a claim as it was where it was not bound yet', () => {
    const before = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'it', annotations: { 'pv.kubernetes.io/bind-completed': 'no' } },
      spec: {},
    };
    expect(recreatable(before)).toEqual({ object: before, lost: ['metadata.uid (the object was made anew)'] });
  });

  test.each([
    ['Namespace', 'v1', 'everything that was in it'],
    ['CustomResourceDefinition', 'apiextensions.k8s.io/v1', 'every object of its kind'],
  ])('of a %s (%s) says what went with it: %s', (kind, apiVersion, words) => {
    expect(recreatable({ apiVersion, kind, metadata: { name: 'it' } }).lost).toContain(words);
  });
});
