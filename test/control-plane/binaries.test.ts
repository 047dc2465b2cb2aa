import { describe, expect, test } from 'vitest';
import { findBinaries, NoBinariesError, type Offer, type Source } from './binaries.ts';
import type { Needs, SourceName } from './sources.ts';

const NEEDS: Needs = { controllers: 'optional', assetsDir: '/assets', platform: 'linux-amd64', archivePlatforms: ['linux-amd64'] };
const WHOLE: Offer = { binaries: { etcd: 'etcd', apiServer: 'api', controllerManager: 'cm', kubectl: 'kubectl' } };
const WITHOUT_CONTROLLERS: Offer = { binaries: { etcd: 'etcd', apiServer: 'api' } };

function search(offers: Partial<Record<SourceName, Offer>>, needs: Partial<Needs> = {}) {
  const asked: SourceName[] = [];
  const logged: string[] = [];
  const source = (name: SourceName): Source => {
    return () => {
      asked.push(name);
      return Promise.resolve(offers[name] ?? { missing: `nothing in ${name}` });
    };
  };
  const sources = {
    'assets-dir': source('assets-dir'),
    cache: source('cache'),
    'envtest-archive': source('envtest-archive'),
    'go-build': source('go-build'),
  };
  return { asked, logged, found: findBinaries(sources, { ...NEEDS, ...needs }, (line) => logged.push(line)) };
}

describe('findBinaries', () => {
  test('takes the first source that has them and asks none after it', async () => {
    const { found, asked } = search({ cache: WHOLE, 'go-build': WHOLE });
    expect((await found).source).toBe('cache');
    expect(asked).toEqual(['assets-dir', 'cache']);
  });

  test('passes over a folder without controllers when controllers are required, and says so', async () => {
    const { found, logged } = search({ 'assets-dir': WITHOUT_CONTROLLERS, 'go-build': WHOLE }, { controllers: 'required' });
    expect((await found).source).toBe('go-build');
    expect(logged.join('\n')).toContain('KUBEBUILDER_ASSETS: has no kube-controller-manager, which is needed here');
  });

  test('is content with that folder when controllers are optional', async () => {
    const { found, logged } = search({ 'assets-dir': WITHOUT_CONTROLLERS });
    expect(await found).toEqual({ source: 'assets-dir', binaries: { etcd: 'etcd', apiServer: 'api' } });
    expect(logged).toEqual([]);
  });

  test('does not complain about an empty cache, which is how everybody begins', async () => {
    const { found, logged } = search({ 'go-build': WHOLE }, { assetsDir: undefined, controllers: 'required' });
    await found;
    expect(logged).toEqual([]);
  });

  test('says when nothing is there what each source lacked and what to do', async () => {
    const { found } = search({ 'go-build': { missing: 'Go is not installed' } }, { assetsDir: undefined, controllers: 'required' });
    const error = await found.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(NoBinariesError);
    expect(String(error)).toMatchInlineSnapshot(`
      "NoBinariesError: There are no Kubernetes binaries to start a control plane with:
        - KUBEBUILDER_ASSETS: not set
        - cache of earlier builds: nothing in cache
        - envtest release archive: not asked, it never has a kube-controller-manager, which is needed here
        - build with Go: Go is not installed
      Install Go 1.26 or newer (https://go.dev/dl/) and be online once, or set KUBEBUILDER_ASSETS to a folder that has etcd, kube-apiserver, kube-controller-manager and kubectl."
    `);
  });

  test('asks for no controllers in that message where none are needed', async () => {
    const { found } = search({});
    await expect(found).rejects.toThrow('set KUBEBUILDER_ASSETS to a folder that has etcd, kube-apiserver and kubectl.');
  });
});
