import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findByName, findKind, nearestKinds, UnknownKindError } from '../../src/kube/kind-catalog.ts';
import type { KindCatalog } from '../../src/kube/kind-catalog.ts';
import type { ResourceKind } from '../../src/kube/object.ts';

function kind(group: string, version: string, name: string, resource: string, shortNames: readonly string[] = []): ResourceKind {
  return { group, version, kind: name, resource, namespaced: true, singular: name.toLowerCase(), shortNames };
}

const CATALOG: KindCatalog = {
  kinds: [
    kind('', 'v1', 'ConfigMap', 'configmaps', ['cm']),
    kind('', 'v1', 'Event', 'events', ['ev']),
    kind('', 'v1', 'Pod', 'pods', ['po']),
    kind('apps', 'v1', 'Deployment', 'deployments', ['deploy']),
    kind('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', ['hpa']),
    kind('autoscaling', 'v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', ['hpa']),
    kind('certificates.k8s.io', 'v1', 'CertificateSigningRequest', 'certificatesigningrequests', ['csr']),
    kind('events.k8s.io', 'v1', 'Event', 'events', ['ev']),
    kind('cert-manager.io', 'v1', 'Certificate', 'certificates', ['cert']),
    kind('knative.dev', 'v1', 'Certificate', 'certificates', []),
    kind('example.com', 'v1', 'Cm', 'cms', []),
  ],
};

const meant = (word: string): string | undefined => {
  const found = findByName(CATALOG, word);
  return found && `${found.group}/${found.version} ${found.kind}`;
};

describe('findKind', () => {
  test('finds the kind of a manifest, in exactly its version', () => {
    expect(findKind(CATALOG, { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler' })).toBe(CATALOG.kinds[5]);
    expect(findKind(CATALOG, { apiVersion: 'v1', kind: 'ConfigMap' })).toBe(CATALOG.kinds[0]);
  });

  test.each([
    ['apps/v2', 'Deployment'],
    ['apps/v1', 'deployment'],
    ['apps/v1', 'deployments'],
    ['v1', 'Deployment'],
    ['', ''],
  ])('finds nothing for %s %s', (apiVersion, name) => {
    expect(findKind(CATALOG, { apiVersion, kind: name })).toBeUndefined();
  });
});

describe('findByName', () => {
  test.each([
    'Deployment',
    'deployment',
    'deployments',
    'DEPLOYMENTS',
    'deploy',
    'deployments.apps',
    'deploy.apps',
    'deployments.v1.apps',
    'Deployment.v1.apps',
  ])('takes %s for a Deployment, as kubectl does', (word) => {
    expect(meant(word)).toBe('apps/v1 Deployment');
  });

  test('takes the first of several that the server prefers', () => {
    expect(meant('events')).toBe('/v1 Event');
    expect(meant('hpa')).toBe('autoscaling/v2 HorizontalPodAutoscaler');
  });

  test('takes the group and the version that are named', () => {
    expect(meant('events.events.k8s.io')).toBe('events.k8s.io/v1 Event');
    expect(meant('hpa.v1.autoscaling')).toBe('autoscaling/v1 HorizontalPodAutoscaler');
  });

  test('takes the beginning of a group where no group is called so', () => {
    expect(meant('certificates.knative')).toBe('knative.dev/v1 Certificate');
    expect(meant('certificates.cert-manager')).toBe('cert-manager.io/v1 Certificate');
  });

  test('takes a full name before a short one', () => {
    expect(meant('cm')).toBe('example.com/v1 Cm');
  });

  test.each(['', '.', 'deployments.batch', 'deployments.v2.apps', 'deploymentz', 'pods/status', 'deployments..apps'])(
    'knows no %j',
    (word) => {
      expect(meant(word)).toBeUndefined();
    },
  );

  test('never throws, whatever the word is', () => {
    fc.assert(fc.property(fc.string(), (word) => void findByName(CATALOG, word)));
  });
});

describe('nearestKinds', () => {
  test.each([
    ['deploymnet', 'Deployment.apps'],
    ['Confgmap', 'ConfigMap'],
    ['configmapss.v1', 'ConfigMap'],
    ['pdo', 'Pod'],
  ])('%s was meant to be %s', (word, kindName) => {
    expect(nearestKinds(CATALOG, word)[0]).toBe(kindName);
  });

  test('names at most three, each once', () => {
    const near = nearestKinds(CATALOG, 'event');
    expect(near.length).toBeLessThanOrEqual(3);
    expect(new Set(near).size).toBe(near.length);
    expect(near).toContain('Event');
    expect(near).toContain('Event.events.k8s.io');
  });

  test('names none where nothing is similar', () => {
    expect(nearestKinds(CATALOG, 'zzzzzzzzz')).toEqual([]);
    expect(nearestKinds({ kinds: [] }, 'pods')).toEqual([]);
  });
});

test('an UnknownKindError says what was asked for and what may have been meant', () => {
  expect(new UnknownKindError('Deploymnet.v1.apps', ['Deployment.apps', 'DaemonSet.apps']).message).toBe(
    'the server has no kind "Deploymnet.v1.apps"; did you mean Deployment.apps, DaemonSet.apps?',
  );
  expect(new UnknownKindError('X', []).message).toBe('the server has no kind "X"');
});
