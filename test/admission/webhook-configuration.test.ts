import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { STATIC_OPTIONS, webhookManifest } from '../../src/admission/manifests.ts';
import { mutatingConfiguration, validatingConfiguration } from '../../src/admission/webhook-configuration.ts';

const options = {
  endpoint: { url: 'https://127.0.0.1:9443' },
  authorities: 'PEM',
  ownUsername: 'system:serviceaccount:janus-system:janus',
  systemNamespace: 'janus-system',
  collectors: ['gc'],
};
const all = [...mutatingConfiguration(options).webhooks, ...validatingConfiguration(options).webhooks];
const locks = validatingConfiguration(options).webhooks.find(({ name }) => name === 'locks.tx.janus.io');

describe('the webhook configurations', () => {
  test('ask about every kind, subresource and scope, but only about objects that carry the label', () => {
    expect(locks).toMatchObject({
      rules: [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['CREATE', 'UPDATE', 'DELETE'], scope: '*' }],
      objectSelector: { matchExpressions: [{ key: 'tx.janus.io/lock', operator: 'Exists' }] },
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      sideEffects: 'NoneOnDryRun',
      timeoutSeconds: 5,
    });
    expect(locks?.['matchConditions']).toHaveLength(1);
  });

  test('never fail open, but for the one that only warns and the one that keeps nobody from bringing definitions up to date', () => {
    expect(all.filter((webhook) => webhook['failurePolicy'] !== 'Fail').map(({ name }) => name)).toEqual([
      'transaction-deletions.tx.janus.io',
      'definition-schemas.tx.janus.io',
    ]);
  });

  test('promise no side effects on dry runs, so that these are asked about as well, and answer in time', () => {
    for (const webhook of all)
      expect(webhook).toMatchObject({
        sideEffects: webhook.name === locks?.name ? 'NoneOnDryRun' : 'None',
        timeoutSeconds: 5,
        admissionReviewVersions: ['v1'],
        matchPolicy: 'Equivalent',
      });
  });

  test('ask of other groups about locks, and what the objects under them need, never about a creation of others', () => {
    const rules = all
      .filter(({ name }) => name !== locks?.name && !name.endsWith('-trust.tx.janus.io'))
      .flatMap((webhook) => webhook['rules'] as { apiGroups: string[]; resources: string[]; operations: string[] }[])
      .filter(({ apiGroups }) => !apiGroups.includes('tx.janus.io'))
      .map(({ apiGroups, resources, operations }) => [apiGroups.join(), resources.join(), operations.join()]);
    expect(rules).toEqual([
      ['', 'namespaces,namespaces/finalize,namespaces/status', 'UPDATE,DELETE'],
      ['apiextensions.k8s.io', 'customresourcedefinitions', 'UPDATE,DELETE'],
      ['apiextensions.k8s.io', 'customresourcedefinitions', 'UPDATE'],
      ['', 'secrets', 'CREATE,UPDATE,DELETE'],
    ]);
    expect(all.find(({ name }) => name === 'own-secrets.tx.janus.io')).toMatchObject({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'janus-system' } },
    });
  });

  test('tell by a dry run in the own namespace whether authorities are in force, where it is Janus that tells them', () => {
    const trust = all.filter(({ name }) => name.endsWith('-trust.tx.janus.io'));
    expect(trust.map(({ name, namespaceSelector }) => [name, namespaceSelector])).toEqual(
      ['mutating', 'validating'].map((phase) => [
        `${phase}-trust.tx.janus.io`,
        { matchLabels: { 'kubernetes.io/metadata.name': 'janus-system' } },
      ]),
    );
    const { authorities: _, ...untold } = options;
    expect(validatingConfiguration(untold).webhooks.filter(({ name }) => name.includes('trust'))).toEqual([]);
  });

  test('reach us by URL or by Service, with the authority in base64', () => {
    expect(locks?.clientConfig).toEqual({ url: 'https://127.0.0.1:9443/validate-locks', caBundle: Buffer.from('PEM').toString('base64') });
    const byService = validatingConfiguration({ ...options, endpoint: { service: { namespace: 'n', name: 's', port: 443 } } });
    expect(byService.webhooks[0]?.clientConfig.service).toEqual({ namespace: 'n', name: 's', path: '/validate-locks', port: 443 });
  });

  test('have names that are unique and of at least three parts', () => {
    for (const { webhooks } of [mutatingConfiguration(options), validatingConfiguration(options)]) {
      const names = webhooks.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name.split('.').length).toBeGreaterThanOrEqual(3);
    }
  });

  test('quote user names safely', () => {
    const conditions = JSON.stringify(validatingConfiguration({ ...options, ownUsername: 'x" || true || "' }));
    expect(conditions).toContain(JSON.stringify(JSON.stringify('x" || true || "')).slice(1, -1));
  });
});

describe('the static manifests', () => {
  test('let cert-manager fill in whom to trust', () => {
    for (const document of parseAllDocuments(webhookManifest())) {
      const { metadata, webhooks } = document.toJS() as { metadata: { annotations: object }; webhooks: { clientConfig: object }[] };
      expect(metadata.annotations).toEqual({
        'cert-manager.io/inject-ca-from': 'janus-system/janus-webhook',
        'tx.janus.io/system-namespace': 'janus-system',
      });
      for (const { clientConfig } of webhooks) expect(clientConfig).not.toHaveProperty('caBundle');
    }
  });

  test('give the process no right on users’ objects but to impersonate', async () => {
    const documents = parseAllDocuments(await readFile('webhook-config/rbac.yaml', 'utf8')).map(
      (document) =>
        document.toJS() as {
          kind: string;
          rules?: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
          subjects?: object[];
        },
    );
    const rules = documents.filter(({ kind }) => kind === 'ClusterRole').flatMap((role) => role.rules ?? []);
    const allowedGroups = new Set([
      'tx.janus.io',
      '',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'admissionregistration.k8s.io',
      'events.k8s.io',
      'apiextensions.k8s.io',
      'coordination.k8s.io',
    ]);
    for (const { apiGroups, resources, resourceNames, verbs } of rules) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
      for (const group of apiGroups) expect(allowedGroups).toContain(group);
      if (apiGroups.includes('')) for (const resource of resources) expect(['serviceaccounts', 'namespaces', 'events']).toContain(resource);
      // Definitions of kinds are looked at, and never written.
      if (apiGroups.includes('apiextensions.k8s.io'))
        expect({ resources, verbs }).toEqual({ resources: ['customresourcedefinitions'], verbs: ['get'] });
      // Of other namespaces, one Lease is looked at.
      if (apiGroups.includes('coordination.k8s.io'))
        expect({ resources, resourceNames, verbs }).toEqual({ resources: ['leases'], resourceNames: ['janus'], verbs: ['get'] });
    }
    const bound = documents.flatMap(({ subjects }) => subjects ?? []);
    expect(new Set(bound.map((subject) => JSON.stringify(subject)))).toEqual(
      new Set([JSON.stringify({ kind: 'ServiceAccount', name: 'janus', namespace: 'janus-system' })]),
    );
    expect(STATIC_OPTIONS.ownUsername).toBe('system:serviceaccount:janus-system:janus');
  });
});
