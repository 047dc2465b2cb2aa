import { describe, expect, test } from 'vitest';
import { answersTo, requireKind } from '../../src/cli/kind.ts';
import { CLUSTER_ROLE, CONFIG_MAP, CORE_EVENT, DEPLOYMENT, EVENT, HPA, KINDS, KNATIVE_SERVICE, OLD_HPA, SERVICE } from './kinds.ts';

describe('requireKind', () => {
  test.each(['ConfigMap', 'configmap', 'CONFIGMAP', 'configmaps', 'cm', 'CM'])('takes %s for ConfigMap', (query) => {
    expect(requireKind(query, KINDS)).toBe(CONFIG_MAP);
  });

  test.each(['Deployment', 'deploy', 'deployments.apps', 'Deployment.apps', 'deploy.v1.apps', 'deployment.v1.APPS'])(
    'takes %s for Deployment',
    (query) => {
      expect(requireKind(query, KINDS)).toBe(DEPLOYMENT);
    },
  );

  test('takes a group or a version when they are named', () => {
    expect(requireKind('event.events.k8s.io', KINDS)).toBe(EVENT);
    expect(requireKind('events.v1.events.k8s.io', KINDS)).toBe(EVENT);
    expect(requireKind('hpa.v1.autoscaling', KINDS)).toBe(OLD_HPA);
    expect(requireKind('services.serving.knative.dev', KINDS)).toBe(KNATIVE_SERVICE);
    expect(requireKind('clusterrole.rbac.authorization.k8s.io', KINDS)).toBe(CLUSTER_ROLE);
    expect(requireKind('configmaps.v1', KINDS)).toBe(CONFIG_MAP);
  });

  test("takes the server's first group and preferred version when several have the kind", () => {
    expect(requireKind('Event', KINDS)).toBe(CORE_EVENT);
    expect(requireKind('svc', KINDS)).toBe(SERVICE);
    expect(requireKind('Service', KINDS)).toBe(SERVICE);
    expect(requireKind('hpa', KINDS)).toBe(HPA);
  });

  test('offers the nearest kinds when there is none of that name', () => {
    expect(() => requireKind('Deploymnt', KINDS)).toThrow(
      '"Deploymnt" is not a kind that this cluster knows: did you mean Deployment.apps?',
    );
    expect(() => requireKind('ConfigMaps2', KINDS)).toThrow('did you mean ConfigMap?');
    expect(() => requireKind('Quux', KINDS)).toThrow('"kubectl api-resources" lists those it knows.');
  });

  test('refuses a kind of another group than the one named', () => {
    expect(() => requireKind('Deployment.batch', KINDS)).toThrow('"Deployment.batch" is not a kind');
    expect(() => requireKind('hpa.v3.autoscaling', KINDS)).toThrow('is not a kind');
  });
});

describe('answersTo', () => {
  test('says whether a query may mean a kind', () => {
    expect(answersTo(OLD_HPA, 'hpa')).toBe(true);
    expect(answersTo(OLD_HPA, 'hpa.v2.autoscaling')).toBe(false);
    expect(answersTo(EVENT, 'Event')).toBe(true);
    expect(answersTo(EVENT, 'ConfigMap')).toBe(false);
  });
});
