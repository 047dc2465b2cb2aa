import { describe, expect, test } from 'vitest';
import { createAuthority } from '../../../src/admission/certificates.ts';
import type { WebhookConfiguration } from '../../../src/admission/webhook-configuration.ts';
import { bundleFindings, lifetimeFinding } from '../../../src/cli/doctor/certificates.ts';
import { definitionFinding, versionFinding } from '../../../src/cli/doctor/definitions.ts';
import { leaderFinding, versionFindings } from '../../../src/cli/doctor/leader.ts';
import { failedFinding } from '../../../src/cli/doctor/transactions.ts';
import { configurationFindings, enforcementFinding } from '../../../src/cli/doctor/webhooks.ts';
import type { Transaction } from '../../../src/api/transaction.ts';
import type { Lease } from '../../../src/kube/lease/lease.ts';
import { OWN_VERSION } from '../../../src/operator/own-version.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const DAY = 86_400_000;

describe('the leader', () => {
  const lease = (spec: Lease['spec']): Lease => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {},
    ...(spec === undefined ? {} : { spec }),
  });
  const heard = (renewTime: string) =>
    leaderFinding(lease({ holderIdentity: 'a_1', leaseDurationSeconds: 15, acquireTime: '2025-12-31T23:00:00.000000Z', renewTime }), NOW);

  test('is well while it is heard of', () =>
    expect(heard('2025-12-31T23:59:58.000000Z')).toMatchObject({ result: 'ok', words: 'a_1, for 60m, last heard of 2s ago' }));
  test('is not while it was not heard of for longer than its Lease', () =>
    expect(heard('2025-12-31T23:58:00.000000Z').result).toBe('fail'));
  test('is not where its Lease has no time', () => expect(heard('').result).toBe('fail'));
  test('is not there where nobody holds the Lease, or there is none', () =>
    expect([leaderFinding(lease({ holderIdentity: '' }), NOW).result, leaderFinding(undefined, NOW).result]).toEqual(['fail', 'fail']));
});

describe('versions', () => {
  const replica = (version: string) => ({ identity: 'x', version, leads: false });
  test.each([
    [[], []],
    [[OWN_VERSION, OWN_VERSION], ['ok']],
    [['0.0.1', '0.0.1'], ['warn']],
    [[OWN_VERSION, '0.0.1'], ['warn']],
  ])('%j are %j', (versions, results) => expect(versionFindings(versions.map(replica)).map(({ result }) => result)).toEqual(results));

  test.each([
    [35, 'ok'],
    [31, 'ok'],
    [30, 'warn'],
    [NaN, 'warn'],
  ])('of Kubernetes: 1.%d is %s', (minor, result) => expect(versionFinding('v1', minor).result).toBe(result));
});

describe('a definition', () => {
  const definition = (served: boolean, established: 'True' | 'False') => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {},
    spec: { versions: [{ name: 'v1alpha1', served }] },
    status: { conditions: [{ type: 'Established', status: established, reason: 'x', message: '', lastTransitionTime: '' }] },
  });
  test.each([
    ['that serves our version', definition(true, 'True'), 'ok'],
    ['that serves another one', definition(false, 'True'), 'fail'],
    ['that is not established', definition(true, 'False'), 'fail'],
    ['that is not there', undefined, 'fail'],
  ])('%s: %#', (_words, found, result) => expect(definitionFinding('transactions.tx.janus.io', found).result).toBe(result));
});

describe('certificates', () => {
  test.each([
    [400, 'ok'],
    [2, 'warn'],
    [-1, 'fail'],
  ])('that are valid for %i days are %s', (days, result) => expect(lifetimeFinding('c', 'x', NOW + days * DAY, NOW).result).toBe(result));

  const configuration = (...bundles: readonly (string | undefined)[]): WebhookConfiguration => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'janus' },
    webhooks: bundles.map((caBundle, at) => ({ name: String(at), clientConfig: { ...(caBundle === undefined ? {} : { caBundle }) } })),
  });
  const resultOf = (...bundles: readonly (string | undefined)[]) =>
    bundleFindings([configuration(...bundles)], NOW).map(({ result }) => result);

  test('of a bundle are read', async () => {
    const { certificate } = await createAuthority(NOW);
    const bundle = Buffer.from(certificate).toString('base64');
    expect(resultOf(bundle, bundle)).toEqual(['ok']);
    expect(bundleFindings([configuration(bundle)], NOW + 20_000 * DAY)[0]?.result).toBe('fail');
    expect(resultOf(bundle, undefined)).toEqual(['fail']);
    expect(resultOf(bundle, 'AAAA')).toEqual(['warn']);
    expect(resultOf('AAAA')).toEqual(['fail']);
  });
});

describe('webhook configurations', () => {
  test('that are missing fail; guards are there only while they are needed', () => {
    const none = { validating: undefined, mutating: undefined, guards: undefined };
    expect(configurationFindings(none, 'janus-system').map(({ result }) => result)).toEqual(['fail', 'fail', 'ok']);
  });

  test.each([
    ['failed calling webhook "locks.tx.janus.io": x509: certificate signed by unknown authority', 'fail', 'CA bundle'],
    ['failed to call webhook: Post "https://127.0.0.1:1": dial tcp: connect: connection refused', 'fail', 'Nobody answers there'],
    ['the API server let a forged lock pass, so it does not ask the webhook yet.', 'fail', 'restores its configurations'],
    ['secrets is forbidden: User "x" cannot create resource "secrets"', 'warn', 'right to create Secrets'],
  ])('%s', (words, result, next) =>
    expect(enforcementFinding('locks', words)).toMatchObject({ result, next: expect.stringContaining(next) }),
  );
});

test('Transactions that have Failed are named', () => {
  const one = (name: string, phase: 'Failed' | 'Committed'): Transaction => ({
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { namespace: 'shop', name },
    status: { phase, version: 1 },
  });
  expect(failedFinding([one('a', 'Committed')]).result).toBe('ok');
  expect(failedFinding([one('a', 'Committed'), one('b', 'Failed')])).toMatchObject({ result: 'warn', words: '1 of 2 have Failed: shop/b' });
});
