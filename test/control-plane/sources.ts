/** Where binaries come from, in words for the code; see `planSources` for the order. */
export type SourceName = 'assets-dir' | 'cache' | 'envtest-archive' | 'go-build';

/** What decides which sources are asked. */
export interface Needs {
  /** `required`: only a source with kube-controller-manager will do. `optional`: take the quickest that has an API server. */
  readonly controllers: 'required' | 'optional';
  /** The value of KUBEBUILDER_ASSETS. */
  readonly assetsDir: string | undefined;
  /** `linux-amd64`. */
  readonly platform: string;
  /** Platforms that an archive is pinned for. */
  readonly archivePlatforms: readonly string[];
}

/** A source, and why it is not worth asking, if so. */
export interface Step {
  readonly source: SourceName;
  readonly skip?: string;
}

/** The order of the sources, from what the user chose to what takes minutes. The ones that cannot help say why. */
export function planSources(needs: Needs): readonly Step[] {
  return [
    step('assets-dir', assetsDirSkip(needs)),
    step('cache'),
    step('envtest-archive', archiveSkip(needs)),
    step('go-build', goBuildSkip(needs)),
  ];
}

function step(source: SourceName, skip?: string): Step {
  return skip === undefined ? { source } : { source, skip };
}

function assetsDirSkip(needs: Needs): string | undefined {
  return needs.assetsDir === undefined || needs.assetsDir === '' ? 'not set' : undefined;
}

function archiveSkip(needs: Needs): string | undefined {
  if (needs.controllers === 'required') return 'not asked, it never has a kube-controller-manager, which is needed here';
  return needs.archivePlatforms.includes(needs.platform) ? undefined : `not asked, none is pinned for ${needs.platform}`;
}

// Kubernetes's API server is not built for Windows.
function goBuildSkip(needs: Needs): string | undefined {
  return needs.platform.startsWith('windows') ? 'not possible on Windows, use WSL' : undefined;
}
