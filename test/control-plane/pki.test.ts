import { X509Certificate } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePki } from './pki.ts';
import { scratchFolder } from './scratch.ts';

test('only the administrator is in the group that stands above RBAC', async () => {
  const pki = await makePki(join(await scratchFolder(), 'pki'));
  const subjects = [pki.admin, pki.controllerManager, pki.frontProxy].map(({ cert }) => new X509Certificate(cert).subject);
  expect(subjects).toEqual(['O=system:masters\nCN=admin', 'CN=system:kube-controller-manager', 'CN=front-proxy']);
});

test('who signs for the front proxy does not sign for clients', async () => {
  const pki = await makePki(join(await scratchFolder(), 'pki'));
  const [ca, frontProxyCa, frontProxy] = [pki.ca, pki.frontProxyCa, pki.frontProxy].map(({ cert }) => new X509Certificate(cert));
  expect(frontProxy?.verify(frontProxyCa?.publicKey ?? fail())).toBe(true);
  expect(frontProxy?.verify(ca?.publicKey ?? fail())).toBe(false);
});

test('nobody else may read what is made', async () => {
  const folder = join(await scratchFolder(), 'pki');
  await makePki(folder);
  for (const file of await readdir(folder)) expect((await stat(join(folder, file))).mode & 0o077, file).toBe(0);
});

function fail(): never {
  throw new Error('a certificate is missing');
}
