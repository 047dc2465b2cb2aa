import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/cli/documents.ts';
import { manifestsOf } from '../../src/cli/manifest.ts';
import type { Manifest } from '../../src/cli/manifest.ts';
import { planWithContent, planWithoutContent } from '../../src/cli/planned-change.ts';
import type { ChangeRequest } from '../../src/cli/planned-change.ts';
import { parseTarget } from '../../src/cli/target.ts';
import { CLUSTER_ROLE, CONFIG_MAP, DEPLOYMENT, HPA, KINDS, KNATIVE_SERVICE, OLD_HPA } from './kinds.ts';

function manifest(text: string): Manifest {
  return readDocuments(text, 'f.yaml').flatMap((document) => manifestsOf(document))[0]!;
}

function request(type: ChangeRequest['type'], target?: string, targetNamespace?: string): ChangeRequest {
  return {
    type,
    namespace: 'shop',
    ...(target === undefined ? {} : { target: parseTarget(target) }),
    ...(targetNamespace === undefined ? {} : { targetNamespace }),
  };
}

const plan = (asked: ChangeRequest, text: string) => planWithContent(asked, manifest(text), KINDS);
const SETTINGS = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n';

describe('a target without content', () => {
  test("is in the Transaction's namespace unless --target-ns names another", () => {
    expect(planWithoutContent(request('Delete', 'cm/settings'), KINDS)).toEqual({
      type: 'Delete',
      kind: CONFIG_MAP,
      name: 'settings',
      namespace: 'shop',
    });
    expect(planWithoutContent(request('Delete', 'cm/settings', 'web'), KINDS).namespace).toBe('web');
  });

  test('has no namespace where its kind has none', () => {
    expect(planWithoutContent(request('Delete', 'ClusterRole/system:x'), KINDS)).toEqual({
      type: 'Delete',
      kind: CLUSTER_ROLE,
      name: 'system:x',
    });
  });

  test('is refused --target-ns where its kind has no namespaces', () => {
    expect(() => planWithoutContent(request('Delete', 'ClusterRole/x', 'web'), KINDS)).toThrow(
      'A ClusterRole belongs to no namespace: leave out --target-ns.',
    );
  });

  test.each(['Create', 'Update', 'Patch'] as const)('is not enough for a %s', (type) => {
    expect(() => planWithoutContent(request(type, 'cm/settings'), KINDS)).toThrow(
      `A change of type ${type} needs content: give it with -f FILE`,
    );
  });
});

describe('content without a target', () => {
  test('names its object itself', () => {
    const planned = plan(request('Create'), `${SETTINGS}  namespace: web\ndata: {a: b}`);
    expect(planned).toMatchObject({ type: 'Create', kind: CONFIG_MAP, name: 'settings', namespace: 'web' });
    expect(planned.content).toMatchObject({ data: { a: 'b' } });
  });

  test("is in --target-ns, or the Transaction's namespace, where it names none", () => {
    expect(plan(request('Create'), SETTINGS).namespace).toBe('shop');
    expect(plan(request('Create', undefined, 'web'), SETTINGS).namespace).toBe('web');
  });

  test('says what to delete, and is not itself kept', () => {
    const planned = plan(request('Delete'), SETTINGS);
    expect(planned).toMatchObject({ type: 'Delete', kind: CONFIG_MAP, name: 'settings' });
    expect(planned).not.toHaveProperty('content');
  });

  test('chooses the version that it was written in', () => {
    expect(plan(request('Create'), 'apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}').kind).toBe(OLD_HPA);
  });

  test.each([
    'kind: ConfigMap\nmetadata: {name: a}',
    'apiVersion: v1\nmetadata: {name: a}',
    'apiVersion: v1\nkind: ConfigMap',
    'data: {a: b}',
  ])('is refused where it does not name its object: %j', (text) => {
    expect(() => plan(request('Patch'), text)).toThrow(
      /^f\.yaml:1:1: without --target, the content needs apiVersion, kind and metadata\.name/,
    );
  });

  test('is refused with the served versions where its version is not one of them', () => {
    expect(() => plan(request('Create'), 'apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: web}')).toThrow(
      'f.yaml:1:13: this cluster serves Deployment as apps/v1, not as apps/v1beta1: correct the apiVersion.',
    );
  });

  test('is refused with the nearest kinds where its kind is unknown', () => {
    expect(() => plan(request('Create'), 'apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: web}')).toThrow(
      'f.yaml:2:7: "Deploymnt" is not a kind that this cluster knows: did you mean Deployment.apps?',
    );
  });
});

describe('content with a target', () => {
  test('need not say what it is', () => {
    expect(plan(request('Patch', 'cm/settings'), 'data: {a: b}')).toMatchObject({ kind: CONFIG_MAP, name: 'settings', namespace: 'shop' });
  });

  test('may say the same as the target', () => {
    expect(plan(request('Patch', 'cm/settings'), `${SETTINGS}  namespace: shop`)).toMatchObject({ kind: CONFIG_MAP, name: 'settings' });
  });

  test('chooses group and version where the target leaves them open', () => {
    const hpa = 'apiVersion: autoscaling/v1\nkind: HorizontalPodAutoscaler';
    expect(plan(request('Patch', 'hpa/web'), hpa).kind).toBe(OLD_HPA);
    expect(plan(request('Patch', 'hpa/web'), 'spec: {}').kind).toBe(HPA);
    expect(plan(request('Patch', 'Service/web'), 'apiVersion: serving.knative.dev/v1').kind).toBe(KNATIVE_SERVICE);
    expect(plan(request('Patch', 'deploy/web'), 'apiVersion: apps/v1\nkind: Deployment').kind).toBe(DEPLOYMENT);
  });

  test.each([
    [
      'cm/settings',
      'apiVersion: apps/v1\nkind: Deployment',
      'f.yaml:2:7: the content is a apps/v1 Deployment, but --target names a v1 ConfigMap',
    ],
    ['cm/settings', 'kind: Deployment', 'f.yaml:1:7: the content is a Deployment, but --target names a v1 ConfigMap'],
    [
      'hpa.v2.autoscaling/web',
      'apiVersion: autoscaling/v1',
      'f.yaml:1:13: the content is a autoscaling/v1 HorizontalPodAutoscaler, but --target names',
    ],
    [
      'cm/settings',
      'metadata: {name: other}',
      'f.yaml:1:18: the content is named "other", but --target names "settings": correct one of them.',
    ],
  ])('is refused where it says otherwise than %s: %j', (target, text, message) => {
    expect(() => plan(request('Patch', target), text)).toThrow(message);
  });

  test('is refused with the flag to add where it is in another namespace than the Transaction', () => {
    expect(() => plan(request('Patch', 'cm/settings'), 'metadata: {namespace: web}')).toThrow(
      'f.yaml:1:23: the content is in namespace web, but the target is in shop, as the Transaction is: add --target-ns web, or correct the file.',
    );
  });

  test('is refused where --target-ns says another namespace, with a target or without', () => {
    for (const target of ['cm/settings', undefined]) {
      expect(() => plan(request('Patch', target, 'web'), `${SETTINGS}  namespace: api`)).toThrow(
        'f.yaml:5:14: the content is in namespace api, but --target-ns says web: correct one of them.',
      );
    }
  });

  test('is refused a namespace where its kind has none', () => {
    expect(() => plan(request('Patch', 'ClusterRole/x'), 'metadata: {namespace: web}')).toThrow(
      'f.yaml:1:23: a ClusterRole belongs to no namespace: leave out metadata.namespace.',
    );
  });

  test('is refused for a Delete', () => {
    expect(() => plan(request('Delete', 'cm/settings'), SETTINGS)).toThrow('A Delete takes no content');
  });
});
