import { mkdtemp, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.ts';
import { auditPolicy } from './audit-policy.ts';
import type { Binaries } from './binaries.ts';
import { component, type Component } from './component.ts';
import type { ComponentName, ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { apiServerEnvironment, apiServerFlags, auditFlags, controllerManagerFlags, etcdFlags, type Layout } from './flags.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { makePki } from './pki.ts';
import { freePort } from './ports.ts';
import { listens, untilReady } from './ready.ts';
import { removeAfterwards } from './tether.ts';

/** A port that was free is not any more; another try will find another one. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
}

/** Starts one control plane from executables that are there, and waits until it is ready. What it started is gone when it throws. */
export async function launch(binaries: Binaries, options: ControlPlaneOptions, log: (line: string) => void): Promise<ControlPlane> {
  const begun = performance.now();
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'janus-control-plane-')));
  const removeDir = await removeAfterwards(dir);
  const layout = await layOut(dir, options.fsync ?? false);
  const audit = options.audit === undefined ? undefined : { policyFile: join(dir, 'audit-policy.json'), logFile: join(dir, 'audit.log') };
  if (audit !== undefined) await writeFile(audit.policyFile, JSON.stringify(auditPolicy(options.audit ?? {})));
  const apiServerMore = [...(audit === undefined ? [] : auditFlags(audit)), ...(options.apiServerFlags ?? [])];
  const components = describeComponents(binaries, { ...options, apiServerFlags: apiServerMore }, layout, dir, log);
  const { etcd, apiServer, controllerManager } = components;
  const server = `https://127.0.0.1:${layout.apiServerPort}`;
  const kubeconfig = join(dir, 'kubeconfig');
  const { ca, admin } = layout.pki;
  const api = new Api(server, ca.cert, { certificate: admin });
  const startEtcd = async (): Promise<void> => {
    await etcd.start();
    await untilReady(etcd, () => listens(layout.etcdPort));
  };
  const startApiServer = async (): Promise<void> => {
    await apiServer.start();
    await untilReady(apiServer, async () => (await api.has('/readyz')) && api.has('/api/v1/namespaces/default'));
  };
  const stop = async (): Promise<void> => {
    api.close();
    await Promise.all(Object.values(components).map((one) => one.stop()));
    await removeDir();
  };
  try {
    await Promise.all([
      startEtcd(),
      writeKubeconfig(kubeconfig, 'admin', server, ca, admin),
      writeKubeconfig(layout.controllerManagerKubeconfig, 'kube-controller-manager', server, ca, layout.pki.controllerManager),
    ]);
    await startApiServer();
    if (controllerManager !== undefined) await startControllers(controllerManager, api);
  } catch (error) {
    await stop();
    throw error instanceof Error && error.message.includes('address already in use')
      ? new PortTakenError(error.message, { cause: error })
      : error;
  }
  return {
    kubeconfig,
    server,
    kubectl: binaries.kubectl ?? 'kubectl',
    dir,
    caFile: ca.certFile,
    ca: ca.cert,
    admin,
    logs: { etcd: etcd.logFile, apiServer: apiServer.logFile, controllerManager: controllerManager?.logFile ?? '' },
    ...(audit === undefined ? {} : { auditLog: audit.logFile }),
    hasControllers: controllerManager !== undefined,
    readyAfterMs: performance.now() - begun,
    pids: () => pidsOf(components),
    stopApiServer: () => apiServer.stop(),
    startApiServer,
    restartApiServer: async () => {
      await apiServer.stop();
      await startApiServer();
    },
    etcd: `http://127.0.0.1:${layout.etcdPort}`,
    stopEtcd: () => etcd.stop(),
    startEtcd: async () => {
      await startEtcd();
      await untilReady(apiServer, () => api.has('/api/v1/namespaces/default'));
    },
    stop,
  };
}

type Components = Readonly<Record<'etcd' | 'apiServer', Component> & { controllerManager?: Component }>;

async function layOut(dir: string, fsync: boolean): Promise<Layout> {
  const [pki, etcdPort, apiServerPort] = await Promise.all([makePki(join(dir, 'pki')), freePort(), freePort()]);
  return {
    etcdDataDir: join(dir, 'etcd'),
    etcdPort,
    apiServerPort,
    pki,
    controllerManagerKubeconfig: join(dir, 'controller-manager.kubeconfig'),
    fsync,
  };
}

function describeComponents(
  binaries: Binaries,
  options: ControlPlaneOptions,
  layout: Layout,
  dir: string,
  log: (line: string) => void,
): Components {
  const describe = (name: string, path: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}): Component => {
    const logFile = join(dir, `${name}.log`);
    return component({ name, path, flags, env, logFile, ended: () => log(`${name} ended by itself, see ${logFile}`) });
  };
  const { controllerManager } = binaries;
  return {
    etcd: describe('etcd', binaries.etcd, etcdFlags(layout)),
    apiServer: describe(
      'kube-apiserver',
      binaries.apiServer,
      [...apiServerFlags(layout), ...(options.apiServerFlags ?? [])],
      apiServerEnvironment,
    ),
    ...(controllerManager !== undefined && {
      controllerManager: describe('kube-controller-manager', controllerManager, [
        ...controllerManagerFlags(layout),
        ...(options.controllerManagerFlags ?? []),
      ]),
    }),
  };
}

// The ServiceAccount of the default namespace is the work of a controller under its own ServiceAccount: when it is there, all of that works.
async function startControllers(controllerManager: Component, api: Api): Promise<void> {
  await controllerManager.start();
  await untilReady(controllerManager, () => api.has('/api/v1/namespaces/default/serviceaccounts/default'));
}

function pidsOf(components: Components): Readonly<Partial<Record<ComponentName, number>>> {
  return Object.fromEntries(Object.entries(components).flatMap(([name, one]) => (one.pid() === undefined ? [] : [[name, one.pid()]])));
}
