import { describe, expect, test } from 'vitest';
import { labelFault, objectNameFault, subdomainFault } from '../../src/api/object-name.ts';

describe('names', () => {
  test.each(['a', 'a-b', '0', 'a1', 'a'.repeat(63)])('%s is a label', (name) => {
    expect(labelFault(name)).toBeUndefined();
  });

  test.each(['', 'A', 'a.b', '-a', 'a-', 'a b', 'a\n', '\u00e4', 'a'.repeat(64)])('%j is no label', (name) => {
    expect(labelFault(name)).toBeDefined();
  });

  test.each(['a', 'a.b', 'a-b.c-d', '0.1', 'a'.repeat(253)])('%s is a subdomain', (name) => {
    expect(subdomainFault(name)).toBeUndefined();
  });

  test.each(['', 'A.b', '.a', 'a.', 'a..b', 'a_b', 'a:b', 'a\n', 'a'.repeat(254)])('%j is no subdomain', (name) => {
    expect(subdomainFault(name)).toBeDefined();
  });

  test('a long name that is none is refused at once', () => {
    expect(subdomainFault(`${'a-'.repeat(126)}!`)).toBeDefined();
    expect(subdomainFault(`${'a.'.repeat(100_000)}!`)).toBeDefined();
  });

  test.each([
    ['rbac.authorization.k8s.io', 'ClusterRole', 'system:node/reader', false],
    ['rbac.authorization.k8s.io', 'ClusterRole', 'System:Node', true],
    ['rbac.authorization.k8s.io', 'Role', '..', false],
    ['rbac.authorization.k8s.io', 'Role', 'a%b', false],
    ['apiregistration.k8s.io', 'APIService', 'v1.apps', true],
    ['networking.k8s.io', 'IPAddress', '2001:db8::1', true],
    ['networking.k8s.io', 'Ingress', '2001:db8::1', false],
    ['', 'Namespace', 'a.b', false],
    ['', 'ConfigMap', 'a.b', true],
  ])('in group %s, %s may be called %s: %s', (group, kind, name, allowed) => {
    expect(objectNameFault(group, kind, name) === undefined).toBe(allowed);
  });
});
