import { join } from 'node:path';
import { fromFolder } from './assets-dir.ts';
import { findBinaries, type Binaries, type Source } from './binaries.ts';
import { cacheRoot, fromCache, GO_FOLDER, stampOf } from './cache.ts';
import { fromEnvtestArchive } from './envtest-archive.ts';
import { ENVTEST_ARCHIVES, ENVTEST_BASE_URL, ENVTEST_RELEASE } from './envtest-release.ts';
import { fromGoBuild } from './go-build.ts';
import { goPlatform } from './platform.ts';
import { progressOn } from './progress.ts';
import type { Needs, SourceName } from './sources.ts';

/**
 * Finds the executables of a control plane, or gets them; what was got once is kept in the user's cache. Read from the environment:
 * KUBEBUILDER_ASSETS, XDG_CACHE_HOME, JANUS_ENVTEST_BASE_URL. Throws `NoBinariesError`.
 */
export async function locateBinaries(
  controllers: Needs['controllers'],
  log: (line: string) => void,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Binaries> {
  const platform = goPlatform();
  const assetsDir = env['KUBEBUILDER_ASSETS'];
  const entry = join(cacheRoot(env), `${await stampOf(GO_FOLDER)}-${platform}`);
  const progress = progressOn(process.stderr);
  const archive = ENVTEST_ARCHIVES[platform];
  const none: Source = () => Promise.resolve({ missing: 'not available' });
  const sources: Readonly<Record<SourceName, Source>> = {
    'assets-dir': assetsDir === undefined ? none : () => fromFolder(assetsDir),
    cache: () => fromCache(entry),
    'envtest-archive':
      archive === undefined
        ? none
        : () =>
            fromEnvtestArchive({
              archive,
              baseUrl: env['JANUS_ENVTEST_BASE_URL'] || ENVTEST_BASE_URL,
              entry: join(cacheRoot(env), `${ENVTEST_RELEASE}-${platform}`),
              progress,
            }),
    'go-build': () => fromGoBuild({ folder: GO_FOLDER, entry, progress }),
  };
  const needs: Needs = { controllers, assetsDir, platform, archivePlatforms: Object.keys(ENVTEST_ARCHIVES) };
  return (await findBinaries(sources, needs, log)).binaries;
}
