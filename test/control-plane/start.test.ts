import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Api, type Asker } from './api.ts';
import { locateBinaries } from './locate.ts';
import { eventually, processesMentioning, untilNoneMentions } from './processes.ts';
import { startControlPlane, type ControlPlane } from './start.ts';

let plane: ControlPlane;
let admin: Api;
let folder: string;
let auditLog: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'janus-test-'));
  const policy = join(folder, 'policy.yaml');
  await writeFile(policy, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata, verbs: [create]}]\n');
  auditLog = join(folder, 'audit.log');
  plane = await startControlPlane({ apiServerFlags: [`--audit-policy-file=${policy}`, `--audit-log-path=${auditLog}`] });
  process.stdout.write(`control plane ready after ${Math.round(plane.readyAfterMs)} ms\n`);
  admin = new Api(plane.server, plane.ca, { certificate: plane.admin });
});

afterAll(async () => {
  admin.close();
  await plane.stop();
  await rm(folder, { recursive: true, force: true });
});

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function read(path: string): Promise<Record<string, unknown>> {
  return JSON.parse((await admin.ask('GET', path)).body) as Record<string, unknown>;
}

async function created(path: string, object: unknown): Promise<void> {
  const answer = await admin.ask('POST', path, object);
  expect(answer.status, answer.body).toBe(201);
}

function as(asker: Asker, of: ControlPlane = plane): Api {
  const api = new Api(of.server, of.ca, asker);
  onTestFinished(() => api.close());
  return api;
}

async function tokenOf(namespace: string, name: string): Promise<string> {
  const answer = await admin.ask('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  return (JSON.parse(answer.body) as { status: { token: string } }).status.token;
}

const kubectl = (...args: string[]) => promisify(execFile)(plane.kubectl, ['--kubeconfig', plane.kubeconfig, ...args]);

describe('a control plane', () => {
  test('is of the Kubernetes release that is pinned, and ready', async () => {
    expect(await read('/version')).toMatchObject({ gitVersion: expect.stringMatching(/^v1\.35\./) as string });
    expect((await admin.ask('GET', '/readyz')).body).toBe('ok');
    expect(Object.keys(plane.pids()).sort()).toEqual(['apiServer', 'controllerManager', 'etcd']);
  });

  test('answers the administrator’s kubectl', async () => {
    const { stdout } = await kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups[0]}');
    expect(stdout).toBe('admin system:masters');
  });

  test('refuses a ServiceAccount what RBAC does not give it, and allows what it does', async () => {
    const stranger = as({ token: await tokenOf('default', 'default') });
    const path = '/api/v1/namespaces/default/configmaps';
    const refused = await stranger.ask('GET', path);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain('system:serviceaccount:default:default');
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    await created(`${rbac}/roles`, {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    });
    await created(`${rbac}/rolebindings`, {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    await eventually(
      async () => (await stranger.ask('GET', path)).status === 200,
      () => 'the RoleBinding has no effect',
    );
    expect((await stranger.ask('POST', path, { metadata: { name: 'x' } })).status).toBe(403);
  });

  test('takes nobody’s word for who they are', async () => {
    expect((await as({ anonymous: true }).ask('GET', '/api/v1/namespaces')).status).toBe(403);
    expect((await as({ token: 'made-up' }).ask('GET', '/api/v1/namespaces')).status).toBe(401);
  });

  test('gives each namespace its ServiceAccount, and a pod that ServiceAccount and its token', async () => {
    await created('/api/v1/namespaces', { metadata: { name: 'fresh' } });
    await eventually(
      () => admin.has('/api/v1/namespaces/fresh/serviceaccounts/default'),
      () => 'the namespace got no ServiceAccount',
    );
    await created('/api/v1/namespaces/fresh/pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'none' }] } });
    const { spec } = (await read('/api/v1/namespaces/fresh/pods/p')) as {
      spec: { serviceAccountName: string; volumes: { name: string }[] };
    };
    expect(spec.serviceAccountName).toBe('default');
    expect(spec.volumes.map(({ name }) => name)).toEqual([expect.stringMatching(/^kube-api-access-/)]);
    const unknown = await admin.ask('POST', '/api/v1/namespaces/fresh/pods', {
      metadata: { name: 'q' },
      spec: { serviceAccountName: 'nobody', containers: [{ name: 'c', image: 'none' }] },
    });
    expect(unknown.status).toBe(403);
  });

  test('has controllers that make ReplicaSets for Deployments and empty a namespace that is deleted', async () => {
    await created('/api/v1/namespaces', { metadata: { name: 'busy' } });
    const labels = { app: 'web' };
    await created('/apis/apps/v1/namespaces/busy/deployments', {
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'none' }] } } },
    });
    const replicaSets = async (): Promise<readonly unknown[]> =>
      (await read('/apis/apps/v1/namespaces/busy/replicasets'))['items'] as unknown[];
    await eventually(
      async () => (await replicaSets()).length === 1,
      () => 'the Deployment got no ReplicaSet',
    );
    await admin.ask('DELETE', '/api/v1/namespaces/busy');
    await eventually(
      async () => (await admin.ask('GET', '/api/v1/namespaces/busy')).status === 404,
      () => 'the namespace does not go',
      60_000,
    );
  });

  test('has controllers that act under ServiceAccounts of their own, none of them as the administrator', async () => {
    const labels = { app: 'own' };
    await created('/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'own' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'none' }] } } },
    });
    const creators = async (resource: string): Promise<string[]> => {
      const lines = (await readFile(auditLog, 'utf8')).split('\n').slice(0, -1);
      const events = lines.map(
        (line) => JSON.parse(line) as { user: { username: string }; objectRef?: { resource?: string; subresource?: string } },
      );
      const ofResource = events.filter(({ objectRef }) => objectRef?.resource === resource && objectRef.subresource === undefined);
      return [...new Set(ofResource.map(({ user }) => user.username))];
    };
    await eventually(
      async () => (await creators('pods')).length > 0 && (await creators('replicasets')).length > 0,
      () => 'no controller acted',
    );
    expect(await creators('replicasets')).toEqual(['system:serviceaccount:kube-system:deployment-controller']);
    expect(await creators('pods')).toContain('system:serviceaccount:kube-system:replicaset-controller');
    expect((await creators('serviceaccounts')).sort()).toEqual([
      'system:kube-controller-manager',
      'system:serviceaccount:kube-system:service-account-controller',
    ]);
    expect(await readFile(plane.logs.controllerManager, 'utf8')).not.toContain('is forbidden');
  });

  test('keeps its port and its data when the API server is stopped and started', async () => {
    await created('/api/v1/namespaces/default/configmaps', { metadata: { name: 'stays' } });
    const before = plane.pids();
    await plane.stopApiServer();
    expect(plane.pids()).toEqual({ etcd: before.etcd, controllerManager: before.controllerManager });
    await expect(admin.ask('GET', '/readyz')).rejects.toThrow();
    await plane.startApiServer();
    expect((await admin.ask('GET', '/api/v1/namespaces/default/configmaps/stays')).status).toBe(200);
    expect(plane.pids().apiServer).not.toBe(before.apiServer);
  });
});

describe('a second control plane beside it', () => {
  test('takes flags, shares nothing, and leaves nothing when it is stopped', async () => {
    const lines: string[] = [];
    const other = await startControlPlane({
      apiServerFlags: ['--max-requests-inflight=77'],
      controllerManagerFlags: ['--controllers=serviceaccount-controller'],
      fsync: true,
      log: (line) => lines.push(line),
    });
    onTestFinished(() => other.stop());
    expect(other.server).not.toBe(plane.server);
    expect((await processesMentioning('--max-requests-inflight=77')).length).toBeGreaterThan(0);
    const here = as({ certificate: plane.admin }, other);
    expect((await here.ask('GET', '/api/v1/namespaces')).status).toBe(401);
    const there = as({ certificate: other.admin }, other);
    expect((await there.ask('GET', '/api/v1/namespaces/fresh')).status).toBe(404);
    await other.stop();
    expect(other.pids()).toEqual({});
    await untilNoneMentions(other.dir);
    expect(await exists(other.dir)).toBe(false);
    expect(lines).toEqual([]);
    await other.stop();
  });

  test('does without controllers where they are optional and there are none, and says so once', async () => {
    const { etcd, apiServer } = await locateBinaries('required', () => undefined);
    const lines: string[] = [];
    await expect(startControlPlane({ binaries: { etcd, apiServer } })).rejects.toThrow(
      'have no kube-controller-manager, and controllers are required',
    );
    const other = await startControlPlane({ controllers: 'optional', binaries: { etcd, apiServer }, log: (line) => lines.push(line) });
    onTestFinished(() => other.stop());
    expect(other.hasControllers).toBe(false);
    expect(Object.keys(other.pids()).sort()).toEqual(['apiServer', 'etcd']);
    const there = as({ certificate: other.admin }, other);
    expect((await there.ask('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'x' } })).status).toBe(201);
    expect(lines).toEqual(['there is no kube-controller-manager: nothing will act on Deployments, garbage or namespaces']);
  });

  test('that cannot start says what the component said, and leaves nothing', async () => {
    const failing = startControlPlane({ apiServerFlags: ['--no-such-flag-as-this'], log: () => undefined });
    await expect(failing).rejects.toThrow(/kube-apiserver ended instead of becoming ready:[^]*unknown flag: --no-such-flag-as-this/);
    await untilNoneMentions('--no-such-flag-as-this');
  });
});

describe('the command', () => {
  /** Runs it until it has said how to reach its control plane. */
  async function run() {
    const command = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'main.ts')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(command, 'exit');
    onTestFinished(async () => {
      command.kill('SIGKILL');
      await ended;
    });
    let printed = '';
    command.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    await eventually(
      () => Promise.resolve(printed.includes('\nalias')),
      () => 'it did not come up',
      90_000,
    );
    const dir = dirname(/^export KUBECONFIG=(.+)$/m.exec(printed)?.[1] ?? '');
    expect((await processesMentioning(dir)).length).toBeGreaterThanOrEqual(3);
    return { command, ended, dir };
  }

  test('killed by SIGKILL takes everything with it', async () => {
    const { command, ended, dir } = await run();
    command.kill('SIGKILL');
    await ended;
    await untilNoneMentions(dir);
    await eventually(
      async () => !(await exists(dir)),
      () => `${dir} is still there`,
    );
  });

  test('ends in order on Ctrl-C', async () => {
    const { command, ended, dir } = await run();
    command.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(await exists(dir)).toBe(false);
    await untilNoneMentions(dir);
  });
});
