import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Binaries, Offer } from './binaries.ts';

/** The executables of a folder laid out like KUBEBUILDER_ASSETS: each component under its own name. */
export async function fromFolder(folder: string): Promise<Offer> {
  const [etcd, apiServer, controllerManager, kubectl] = await Promise.all(
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'].map((name) => executable(resolve(folder), name)),
  );
  if (etcd === undefined) return { missing: `no executable etcd in ${folder}` };
  if (apiServer === undefined) return { missing: `no executable kube-apiserver in ${folder}` };
  const binaries: Binaries = { etcd, apiServer, ...(controllerManager && { controllerManager }), ...(kubectl && { kubectl }) };
  return { binaries };
}

async function executable(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}
