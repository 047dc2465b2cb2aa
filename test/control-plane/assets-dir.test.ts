import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fromFolder } from './assets-dir.ts';
import { executableAt, scratchFolder } from './scratch.ts';

test('a folder with etcd and kube-apiserver is enough', async () => {
  const folder = await scratchFolder();
  const etcd = await executableAt(join(folder, 'etcd'));
  const apiServer = await executableAt(join(folder, 'kube-apiserver'));
  expect(await fromFolder(folder)).toEqual({ binaries: { etcd, apiServer } });
});

test('controllers and kubectl are taken where they are', async () => {
  const folder = await scratchFolder();
  for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']) await executableAt(join(folder, name));
  expect(await fromFolder(folder)).toMatchObject({
    binaries: { controllerManager: join(folder, 'kube-controller-manager'), kubectl: join(folder, 'kubectl') },
  });
});

test('a folder without one of the two says which and where', async () => {
  const folder = await scratchFolder();
  expect(await fromFolder(folder)).toEqual({ missing: `no executable etcd in ${folder}` });
  await executableAt(join(folder, 'etcd'));
  expect(await fromFolder(folder)).toEqual({ missing: `no executable kube-apiserver in ${folder}` });
});

test.skipIf(process.getuid?.() === undefined)('a file that may not be executed does not count', async () => {
  const folder = await scratchFolder();
  await executableAt(join(folder, 'kube-apiserver'));
  await chmod(await executableAt(join(folder, 'etcd')), 0o644);
  expect(await fromFolder(folder)).toEqual({ missing: `no executable etcd in ${folder}` });
});
