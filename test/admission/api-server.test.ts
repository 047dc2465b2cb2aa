import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { impersonationByRbac } from '../../src/admission/access.ts';
import { probeLocks } from '../../src/admission/probe.ts';
import { register, unregister } from '../../src/admission/registration.ts';
import { parseStamp } from '../../src/admission/stamp.ts';
import { mutatingConfiguration, validatingConfiguration } from '../../src/admission/webhook-configuration.ts';
import type { Identity, KubeClient, WriteOptions } from '../../src/kube/client.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { KubeObject, ObjectRef, ResourceKind } from '../../src/kube/object.ts';
import { SERVICE_ACCOUNTS } from '../../src/kube/well-known.ts';
import { RESOURCE_CHANGES, TRANSACTIONS } from '../../src/transaction/kinds.ts';
import type { Installed } from './installed.ts';
import { create, install, OWN_USERNAME, SYSTEM_NAMESPACE } from './installed.ts';
import { selfSigned } from './serving.ts';

const RBAC = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true } as const;
const ROLES: ResourceKind = { ...RBAC, kind: 'Role', resource: 'roles' };
const ROLE_BINDINGS: ResourceKind = { ...RBAC, kind: 'RoleBinding', resource: 'rolebindings' };
const CONFIG_MAPS: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true };
const VALIDATING: ResourceKind = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations',
  namespaced: false,
};

const MUTATING: ResourceKind = { ...VALIDATING, kind: 'MutatingWebhookConfiguration', resource: 'mutatingwebhookconfigurations' };

/** May do anything to Transactions and ResourceChanges of `shop`, and use ServiceAccount `deployer`. */
const ALICE: Identity = { user: 'alice', groups: ['developers', 'system:authenticated'], extra: { team: ['shop'] } };
/** The same, but may use no ServiceAccount. */
const MALLORY: Identity = { user: 'mallory', groups: ['system:authenticated'] };
const JANUS: Identity = { user: OWN_USERNAME, groups: ['system:masters'] };

const REQUESTER = 'tx.janus.io/requester';
const SEALED_BY = 'tx.janus.io/sealed-by';

let installed: Installed;
let admin: KubeClient;
beforeAll(async () => {
  installed = await install();
  admin = installed.admin;
  await create(admin, SERVICE_ACCOUNTS, { metadata: { name: 'deployer', namespace: 'shop' } });
  await grant('transactions', ['alice', 'mallory'], { apiGroups: ['tx.janus.io'], resources: ['*'], verbs: ['*'] });
  await grant('use-deployer', ['alice'], {
    apiGroups: [''],
    resources: ['serviceaccounts'],
    resourceNames: ['deployer'],
    verbs: ['impersonate'],
  });
  const alice = { username: 'alice', groups: [], extra: {} };
  const stamped = async (): Promise<boolean> =>
    (await createTransaction(ALICE, { options: { dryRun: true } })).metadata.annotations?.[REQUESTER] !== undefined;
  await vi.waitUntil(() => stamped().catch(() => false), { timeout: 20_000 });
  await vi.waitUntil(() => impersonationByRbac(admin)(alice, 'shop', 'deployer'), { timeout: 20_000 });
});
afterAll(() => installed.stop());
afterEach(() => {
  expect(installed.faults).toEqual([]);
});

async function grant(name: string, users: readonly string[], rule: object): Promise<void> {
  await create(admin, ROLES, { metadata: { name, namespace: 'shop' }, rules: [rule] });
  const subjects = users.map((user) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }));
  await create(admin, ROLE_BINDINGS, {
    metadata: { name, namespace: 'shop' },
    roleRef: { kind: 'Role', apiGroup: 'rbac.authorization.k8s.io', name },
    subjects,
  });
}

let counter = 0;
const newName = (): string => `t-${(counter += 1)}`;
const transactionRef = (name: string): ObjectRef => ({ kind: TRANSACTIONS, namespace: 'shop', name });
const changeRef = (name: string): ObjectRef => ({ kind: RESOURCE_CHANGES, namespace: 'shop', name });

async function createTransaction(
  as: Identity,
  more: { readonly spec?: object; readonly annotations?: object; readonly options?: WriteOptions } = {},
): Promise<KubeObject> {
  const name = newName();
  const object = {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'Transaction',
    metadata: { name, namespace: 'shop', ...(more.annotations === undefined ? {} : { annotations: more.annotations }) },
  };
  const spec = more.spec ?? { serviceAccountName: 'deployer' };
  return (await admin.create(transactionRef(name), { ...object, spec } as KubeObject, { ...more.options, as })).object;
}

async function createChange(
  as: Identity,
  owner: KubeObject,
  more: { readonly ownerReferences?: readonly object[]; readonly annotations?: object } = {},
): Promise<KubeObject> {
  const name = newName();
  const reference = { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: owner.metadata.name, uid: owner.metadata.uid };
  const object = {
    apiVersion: 'tx.janus.io/v1alpha1',
    kind: 'ResourceChange',
    metadata: { name, namespace: 'shop', ownerReferences: more.ownerReferences ?? [reference], annotations: more.annotations ?? {} },
    spec: { target: { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings' }, type: 'Delete' },
  };
  return (await admin.create(changeRef(name), object as KubeObject, { as })).object;
}

const merge = (as: Identity, object: KubeObject, patch: object): Promise<KubeObject> =>
  admin
    .patch(
      object.kind === 'Transaction' ? transactionRef(object.metadata.name!) : changeRef(object.metadata.name!),
      { type: 'merge', patch },
      { as },
    )
    .then((written) => written.object);

const seal = (as: Identity, object: KubeObject): Promise<KubeObject> => merge(as, object, { spec: { sealed: true } });

/** The refusal of a request that must be refused. */
async function refusal(request: Promise<unknown>): Promise<ApiError> {
  const outcome = await request.then(
    () => new Error('it was let through'),
    (error: unknown) => error,
  );
  if (outcome instanceof ApiError) return outcome;
  throw outcome;
}

const stampOn = (object: KubeObject, key: string): string => parseStamp(object.metadata.annotations?.[key] ?? '').username;

describe('creating a Transaction', () => {
  test('stamps its requester with groups and extra, and nothing else while it is a draft', async () => {
    const created = await createTransaction(ALICE);
    expect(parseStamp(created.metadata.annotations?.[REQUESTER] ?? '')).toMatchObject({
      username: 'alice',
      groups: ['developers', 'system:authenticated'],
      extra: { team: ['shop'] },
    });
    expect(created.metadata.annotations).not.toHaveProperty([SEALED_BY]);
    expect(created.metadata.finalizers).toBeUndefined();
  });

  test('overwrites forged stamps', async () => {
    const forged = JSON.stringify({ username: 'admin', groups: ['system:masters'], extra: {} });
    const created = await createTransaction(MALLORY, { annotations: { [REQUESTER]: forged, [SEALED_BY]: forged } });
    expect(stampOn(created, REQUESTER)).toBe('mallory');
    expect(created.metadata.annotations).not.toHaveProperty([SEALED_BY]);
  });

  test('sealed at once is stamped and protected, for whoever may use the ServiceAccount', async () => {
    const created = await createTransaction(ALICE, { spec: { serviceAccountName: 'deployer', sealed: true } });
    expect([stampOn(created, REQUESTER), stampOn(created, SEALED_BY)]).toEqual(['alice', 'alice']);
    expect(created.metadata.annotations?.['tx.janus.io/automatic-rollback']).toBe('true');
    expect(created.metadata.finalizers).toEqual(['tx.janus.io/lease-cleanup', 'tx.janus.io/rollback-protection']);
    const { status } = await refusal(createTransaction(MALLORY, { spec: { serviceAccountName: 'deployer', sealed: true } }));
    expect(status).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(status.message).toContain('User "mallory" may not use ServiceAccount shop/deployer');
  });

  test('by server-side apply or with a generated name is stamped as well', async () => {
    const name = newName();
    const object = {
      apiVersion: 'tx.janus.io/v1alpha1',
      kind: 'Transaction',
      metadata: { name, namespace: 'shop' },
      spec: { serviceAccountName: 'deployer' },
    };
    const applied = await admin.apply(transactionRef(name), object, { as: ALICE, fieldManager: 'test' });
    expect(stampOn(applied.object, REQUESTER)).toBe('alice');
    const again = await admin.apply(
      transactionRef(name),
      { ...object, spec: { serviceAccountName: 'deployer', sealed: true } },
      { as: ALICE, fieldManager: 'test' },
    );
    expect([stampOn(again.object, REQUESTER), stampOn(again.object, SEALED_BY)]).toEqual(['alice', 'alice']);
    const path = '/apis/tx.janus.io/v1alpha1/namespaces/shop/transactions';
    const generated = await admin.raw<KubeObject>('POST', path, { ...object, metadata: { generateName: 'gen-' } }, { as: MALLORY });
    expect(stampOn(generated, REQUESTER)).toBe('mallory');
  });

  test('as a dry run shows the stamps and stores nothing', async () => {
    const shown = await createTransaction(ALICE, { options: { dryRun: true } });
    expect(stampOn(shown, REQUESTER)).toBe('alice');
    expect((await refusal(admin.get(transactionRef(shown.metadata.name!)))).code).toBe(404);
  });

  test('with a fault that no schema knows is refused with the path of the field', async () => {
    const { status } = await refusal(createTransaction(ALICE, { spec: { serviceAccountName: 'Not A Name' } }));
    expect(status).toMatchObject({ code: 422, reason: 'Invalid' });
    expect(status.message).toContain('spec.serviceAccountName');
    expect(status.details?.causes?.map(({ field }) => field)).toContain('spec.serviceAccountName');
  });
});

describe('sealing', () => {
  test('stamps the sealer, who need not be the requester', async () => {
    const draft = await createTransaction(MALLORY);
    const sealed = await seal(ALICE, draft);
    expect([stampOn(sealed, REQUESTER), stampOn(sealed, SEALED_BY)]).toEqual(['mallory', 'alice']);
    expect(sealed.metadata.finalizers).toHaveLength(2);
  });

  test('is refused without the right to the ServiceAccount, and leaves the draft as it was', async () => {
    const draft = await createTransaction(MALLORY);
    expect((await refusal(seal(MALLORY, draft))).status).toMatchObject({
      code: 403,
      message: expect.stringContaining('have the verb "impersonate"'),
    });
    expect((await admin.get(transactionRef(draft.metadata.name!))).metadata.resourceVersion).toBe(draft.metadata.resourceVersion);
  });

  test('is refused for another ServiceAccount than the one somebody may use', async () => {
    const draft = await createTransaction(ALICE, { spec: { serviceAccountName: 'admin' } });
    expect((await refusal(seal(ALICE, draft))).message).toContain('ServiceAccount shop/admin');
  });

  test('cannot be done in somebody else’s name', async () => {
    const draft = await createTransaction(MALLORY);
    const forged = JSON.stringify({ username: 'alice', groups: [], extra: {} });
    expect((await refusal(merge(MALLORY, draft, { metadata: { annotations: { [SEALED_BY]: forged } } }))).status).toMatchObject({
      code: 422,
    });
    const sealed = await merge(ALICE, draft, {
      spec: { sealed: true },
      metadata: { annotations: { [SEALED_BY]: forged.replace('alice', 'admin') } },
    });
    expect(stampOn(sealed, SEALED_BY)).toBe('alice');
  });

  test('is final, and so is what was sealed', async () => {
    const sealed = await seal(ALICE, await createTransaction(ALICE));
    for (const spec of [{ sealed: false }, { sealed: null }, { serviceAccountName: 'other' }, { timeout: '1h' }])
      expect((await refusal(merge(ALICE, sealed, { spec }))).code).toBe(422);
    expect((await refusal(merge(ALICE, sealed, { spec: null }))).code).toBe(422);
  });
});

describe('stamps', () => {
  test.each([[REQUESTER], [SEALED_BY]])('of %s cannot be changed or removed, by anybody', async (key) => {
    const sealed = await seal(ALICE, await createTransaction(ALICE));
    for (const as of [ALICE, MALLORY, JANUS])
      for (const value of ['forged', null]) {
        const { status } = await refusal(merge(as, sealed, { metadata: { annotations: { [key]: value } } }));
        expect(status).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field: `metadata.annotations[${key}]` }] } });
      }
    expect((await refusal(merge(ALICE, sealed, { metadata: { annotations: null } }))).code).toBe(422);
  });

  test('of a ResourceChange are given and kept likewise', async () => {
    const draft = await createTransaction(ALICE);
    const change = await createChange(ALICE, draft, { annotations: { [REQUESTER]: 'forged' } });
    expect(stampOn(change, REQUESTER)).toBe('alice');
    expect((await refusal(merge(ALICE, change, { metadata: { annotations: { [REQUESTER]: null } } }))).code).toBe(422);
  });
});

describe('a stamp of somebody else', () => {
  const FORGED = JSON.stringify({ username: 'alice', groups: [], extra: {} });

  /** Every way to one: at creating, at sealing, by an edit before and after. */
  const ways = (draft: KubeObject, sealed: KubeObject, change: KubeObject): readonly (readonly [string, () => Promise<KubeObject>])[] => {
    const forged = (key: string): object => ({ metadata: { annotations: { [key]: FORGED } } });
    const spec = { serviceAccountName: 'deployer', sealed: true };
    return [
      ['created and sealed', () => createTransaction(MALLORY, { spec, annotations: { [REQUESTER]: FORGED, [SEALED_BY]: FORGED } })],
      ['sealed', () => merge(MALLORY, draft, { spec: { sealed: true }, ...forged(SEALED_BY) })],
      ['the sealer edited', () => merge(MALLORY, sealed, forged(SEALED_BY))],
      ['the requester edited', () => merge(MALLORY, draft, forged(REQUESTER))],
      ['the requester of a change edited', () => merge(MALLORY, change, forged(REQUESTER))],
    ];
  };
  const PATIENTLY = { timeout: 60_000 };

  const passes = (request: Promise<unknown>): Promise<boolean> =>
    request.then(
      () => true,
      () => false,
    );

  test('is refused while the mutating configuration is away', async () => {
    const [draft, sealed] = [await createTransaction(MALLORY), await seal(ALICE, await createTransaction(ALICE))];
    const change = await createChange(ALICE, await createTransaction(ALICE));
    await admin.delete({ kind: MUTATING, name: 'janus' });
    try {
      // What is not stamped is refused.
      await vi.waitUntil(async () => !(await passes(createTransaction(ALICE, { options: { dryRun: true } }))), PATIENTLY);
      for (const [way, forge] of ways(draft, sealed, change)) expect((await refusal(forge())).code, way).toBe(422);
    } finally {
      await register(admin, mutatingConfiguration(installed.options));
      await vi.waitUntil(() => passes(createTransaction(ALICE, { options: { dryRun: true } })), PATIENTLY);
    }
  });

  test('does not come about while the validating configuration is away: it is written over, or refused', async () => {
    const [draft, sealed] = [await createTransaction(MALLORY), await seal(ALICE, await createTransaction(ALICE))];
    const change = await createChange(ALICE, await createTransaction(ALICE));
    await admin.delete({ kind: VALIDATING, name: 'janus' });
    try {
      // Nobody is asked any more whether Mallory may use the ServiceAccount.
      const spec = { serviceAccountName: 'deployer', sealed: true };
      await vi.waitUntil(() => passes(createTransaction(MALLORY, { spec, options: { dryRun: true } })), PATIENTLY);
      for (const [way, forge] of ways(draft, sealed, change)) {
        const outcome = await forge().catch((error: unknown) => error);
        if (outcome instanceof ApiError) expect(outcome.code, way).toBe(422);
        else expect(JSON.stringify((outcome as KubeObject).metadata.annotations), way).not.toContain('alice');
      }
    } finally {
      await register(admin, validatingConfiguration(installed.options));
      await probeLocks(admin, SYSTEM_NAMESPACE);
    }
  });
});

describe('asking for a rollback', () => {
  test.each(['tx.janus.io/request-rollback', 'tx.janus.io/retry-rollback'])(
    'by %s needs the right to the ServiceAccount, taking it back does not',
    async (key) => {
      const sealed = await seal(ALICE, await createTransaction(ALICE));
      expect((await refusal(merge(MALLORY, sealed, { metadata: { annotations: { [key]: 'true' } } }))).code).toBe(403);
      await merge(ALICE, sealed, { metadata: { annotations: { [key]: 'true' } } });
      await merge(MALLORY, sealed, { metadata: { annotations: { [key]: null } } });
    },
  );
});

describe('the status of a Transaction', () => {
  test('is written by Janus and by nobody else', async () => {
    const draft = await createTransaction(ALICE);
    const status = { phase: 'Committed', version: 1 };
    const write = (as: Identity): Promise<unknown> =>
      admin.patch(transactionRef(draft.metadata.name!), { type: 'merge', patch: { status } }, { as, subresource: 'status' });
    expect((await refusal(write(ALICE))).status).toMatchObject({ code: 403, message: expect.stringContaining('written by Janus only') });
    const before = installed.reviewed.length;
    await write(JANUS);
    // Its own updates do not even ask: they work while the webhook is down.
    expect(installed.reviewed).toHaveLength(before);
  });
});

describe('finalizers', () => {
  test('can be taken off by hand, by whoever may write the object, without asking us', async () => {
    const sealed = await seal(ALICE, await createTransaction(ALICE));
    const before = installed.reviewed.length;
    const freed = await merge(MALLORY, sealed, { metadata: { finalizers: null } });
    expect(freed.metadata.finalizers).toBeUndefined();
    expect(installed.reviewed).toHaveLength(before);
  });
});

describe('a ResourceChange', () => {
  test('is added to a draft by whoever may use the ServiceAccount', async () => {
    const draft = await createTransaction(MALLORY);
    await createChange(ALICE, draft);
    expect((await refusal(createChange(MALLORY, draft))).status).toMatchObject({ code: 403, reason: 'Forbidden' });
  });

  test('names one living, unsealed Transaction of its namespace', async () => {
    const draft = await createTransaction(ALICE);
    const reference = { apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: draft.metadata.name, uid: draft.metadata.uid };
    for (const ownerReferences of [
      [],
      [{ ...reference, uid: 'another' }],
      [{ ...reference, name: 'nobody' }],
      [reference, { ...reference, uid: 'b' }],
    ])
      expect((await refusal(createChange(ALICE, draft, { ownerReferences }))).status).toMatchObject({
        code: 422,
        message: expect.stringContaining('metadata.ownerReferences'),
      });
    expect((await refusal(createChange(ALICE, await seal(ALICE, draft)))).message).toContain('is sealed');
  });

  test('is immutable, and stays with its Transaction', async () => {
    const [draft, other] = [await createTransaction(ALICE), await createTransaction(ALICE)];
    const change = await createChange(ALICE, draft);
    expect((await refusal(merge(ALICE, change, { spec: { order: 3 } }))).code).toBe(422);
    const moved = [{ apiVersion: 'tx.janus.io/v1alpha1', kind: 'Transaction', name: other.metadata.name, uid: other.metadata.uid }];
    expect((await refusal(merge(ALICE, change, { metadata: { ownerReferences: moved } }))).message).toContain('is immutable');
    expect((await refusal(merge(ALICE, change, { metadata: { ownerReferences: null } }))).message).toContain('is immutable');
    await merge(ALICE, change, { metadata: { labels: { mine: 'yes' } } });
  });

  test('can be deleted from a draft and from what has ended, not from what is under way', async () => {
    const draft = await createTransaction(ALICE);
    const changes = [await createChange(ALICE, draft), await createChange(ALICE, draft)];
    await admin.delete(changeRef(changes[0]!.metadata.name!), { as: ALICE });
    await seal(ALICE, draft);
    expect((await refusal(admin.delete(changeRef(changes[1]!.metadata.name!), { as: ALICE }))).status).toMatchObject({
      code: 403,
      message: expect.stringContaining('sealed and not finished'),
    });
    await admin.patch(
      transactionRef(draft.metadata.name!),
      { type: 'merge', patch: { status: { phase: 'RolledBack', version: 1 } } },
      { as: JANUS, subresource: 'status' },
    );
    await admin.delete(changeRef(changes[1]!.metadata.name!), { as: ALICE });
  });

  test('is collected with its Transaction, whatever that was doing', async () => {
    const draft = await createTransaction(ALICE);
    const change = await createChange(ALICE, draft);
    await seal(ALICE, draft);
    await admin.delete(transactionRef(draft.metadata.name!), { as: ALICE });
    await merge(ALICE, draft, { metadata: { finalizers: null } });
    await expect
      .poll(
        () =>
          admin.get(changeRef(change.metadata.name!)).then(
            () => 200,
            (error: unknown) => (error instanceof ApiError ? error.code : String(error)),
          ),
        { timeout: 120_000 },
      )
      .toBe(404);
  });
});

describe('deleting a Transaction', () => {
  test('that is under way warns', async () => {
    const sealed = await seal(ALICE, await createTransaction(ALICE));
    const warnings = await warningsOfDelete(sealed.metadata.name!);
    expect(warnings).toContain(`Transaction shop/${sealed.metadata.name} is not finished: it is rolled back first.`);
  });

  test('that was never sealed does not', async () => {
    expect(await warningsOfDelete((await createTransaction(ALICE)).metadata.name!)).toBe('');
  });

  async function warningsOfDelete(name: string): Promise<string> {
    const { execFile } = await import('node:child_process');
    const { promisify } = await import('node:util');
    const args = [
      '--kubeconfig',
      installed.controlPlane.kubeconfig,
      '-n',
      'shop',
      'delete',
      'transactions.tx.janus.io',
      name,
      '--wait=false',
    ];
    return (await promisify(execFile)(installed.controlPlane.kubectl, args)).stderr;
  }
});

describe('locks', () => {
  const object = (label?: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'forged', namespace: 'shop', ...(label === undefined ? {} : { labels: { 'tx.janus.io/lock': label } }) },
  });
  const ref: ObjectRef = { kind: CONFIG_MAPS, namespace: 'shop', name: 'forged' };

  test('cannot be forged by anybody, and objects without one never reach us', async () => {
    const before = installed.reviewed.length;
    const created = (await admin.create(ref, object())).object;
    expect(installed.reviewed).toHaveLength(before);
    const label = `11111111-2222-3333-4444-555555555555.1.${created.metadata.uid!.slice(0, 8)}`;
    const error = await refusal(admin.patch(ref, { type: 'merge', patch: { metadata: { labels: { 'tx.janus.io/lock': label } } } }));
    expect(error.message).toContain('admission webhook "locks.tx.janus.io" denied the request');
    expect(installed.reviewed.at(-1)).toMatchObject({ path: '/validate-locks', allowed: false, dryRun: false });
  });

  test('that are copies of another object’s never reach us', async () => {
    const before = installed.reviewed.length;
    await admin.patch(ref, {
      type: 'merge',
      patch: { metadata: { labels: { 'tx.janus.io/lock': '11111111-2222-3333-4444-555555555555.1.00000000' } } },
    });
    expect(installed.reviewed).toHaveLength(before);
  });
});

describe('registration', () => {
  test('is idempotent: what is there as it should be is not written again', async () => {
    expect(await register(admin, validatingConfiguration(installed.options))).toBe(false);
    expect(await register(admin, mutatingConfiguration(installed.options))).toBe(false);
  });

  test('heals what others changed, and leaves their labels alone', async () => {
    const ref = { kind: VALIDATING, name: 'janus' };
    await admin.patch(ref, {
      type: 'json',
      operations: [
        { op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' },
        { op: 'add', path: '/metadata/labels/theirs', value: 'x' },
      ],
    });
    expect(await register(admin, validatingConfiguration(installed.options))).toBe(true);
    const live = await admin.get(ref);
    expect((live['webhooks'] as { failurePolicy: string }[])[0]?.failurePolicy).toBe('Fail');
    expect(live.metadata.labels?.['theirs']).toBe('x');
  });

  test('keeps a caBundle that cert-manager injected', async () => {
    const { authorities: _, ...injected } = installed.options;
    const bundles = async (): Promise<unknown> =>
      ((await admin.get({ kind: VALIDATING, name: 'janus' }))['webhooks'] as { clientConfig: unknown }[]).map(
        (webhook) => webhook.clientConfig,
      );
    // Where somebody else fills authorities in, nobody asks whether they are in force.
    const before = ((await bundles()) as unknown[]).filter((one) => !JSON.stringify(one).includes('/validate-guards/probe'));
    // Written once, since the digest of what was rendered is another.
    expect(await register(admin, validatingConfiguration(injected))).toBe(true);
    expect(await register(admin, validatingConfiguration(injected))).toBe(false);
    expect(await bundles()).toEqual(before);
  });

  test('by several at once ends in one good state', async () => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(
      names.map((name) => register(admin, validatingConfiguration({ ...installed.options, annotations: { [name]: 'x' } }))),
    );
    const { annotations = {} } = (await admin.get({ kind: VALIDATING, name: 'janus' })).metadata;
    expect(Object.keys(annotations).filter((name) => !name.includes('/'))).toEqual(names);
  });

  test('carries a change of certificate without one refusal: both authorities first, then the new certificate', async () => {
    const next = await selfSigned(['127.0.0.1']);
    const both = `${installed.bundle.authorities}${next.authorities}`;
    const done = new AbortController();
    let refused = 0;
    const load = (async () => {
      while (!done.signal.aborted) await createTransaction(ALICE, { options: { dryRun: true } }).catch(() => (refused += 1));
    })();
    const options = { ...installed.options, authorities: both };
    await register(admin, validatingConfiguration(options));
    await register(admin, mutatingConfiguration(options));
    await probeLocks(admin, SYSTEM_NAMESPACE);
    installed.server.setCertificate(next.serving);
    for (let round = 0; round < 20; round += 1) await createTransaction(ALICE, { options: { dryRun: true } });
    done.abort();
    await load;
    expect(refused).toBe(0);
  });

  test('undone leaves nothing that asks us; the probe then says that nothing is guarded', async () => {
    await unregister(admin);
    await unregister(admin);
    await expect
      .poll(
        () =>
          probeLocks(admin, SYSTEM_NAMESPACE, { deadlineMs: 1 }).then(
            () => 'guarded',
            (error: unknown) => String(error),
          ),
        { timeout: 10_000 },
      )
      .toContain('let a forged lock pass');
    await register(admin, validatingConfiguration(installed.options));
    await probeLocks(admin, SYSTEM_NAMESPACE);
  });
});

test('while we are down what needs our judgement is refused, and the rest goes on', async () => {
  await register(admin, mutatingConfiguration(installed.options));
  await expect
    .poll(() => createTransaction(ALICE, { options: { dryRun: true } }).then((shown) => shown.metadata.annotations?.[REQUESTER]), {
      timeout: 10_000,
    })
    .toBeDefined();
  const sealed = await seal(ALICE, await createTransaction(ALICE));
  await installed.server.close(1_000);
  expect((await refusal(createTransaction(ALICE))).message).toContain('failed calling webhook');
  expect((await refusal(merge(ALICE, sealed, { metadata: { annotations: { 'tx.janus.io/request-rollback': '1' } } }))).message).toContain(
    'failed calling webhook',
  );
  await admin.patch(
    transactionRef(sealed.metadata.name!),
    { type: 'merge', patch: { status: { phase: 'Failed', version: 1 } } },
    { as: JANUS, subresource: 'status' },
  );
  await admin.delete(transactionRef(sealed.metadata.name!), { as: ALICE });
  await merge(ALICE, sealed, { metadata: { finalizers: null } });
  expect((await refusal(admin.get(transactionRef(sealed.metadata.name!)))).code).toBe(404);
});
