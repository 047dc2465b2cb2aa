import { OPERATOR_DEFAULTS } from '../operator/options.ts';
import { OWN_VERSION } from '../operator/own-version.ts';
import { withCluster } from './cluster.ts';
import { DATA_FORMATS, rendered } from './formats.ts';
import { replicasOf, type Replica } from './installation.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { OutputFlags } from './flags/shared.ts';
import { requireNamespace } from './names.ts';
import { print } from './output.ts';
import { requireOneOf } from './values.ts';

/** The flags as typed. */
export interface VersionFlags extends GlobalFlags, OutputFlags {
  readonly client?: boolean;
  readonly systemNamespace?: string;
}

interface Versions {
  readonly client: string;
  /** Absent where no cluster was asked, or one may not look. */
  readonly replicas?: readonly Replica[];
  readonly kubernetes?: string;
}

/** Prints versions: of this command, and of what it speaks to unless that is not wanted. */
export async function showVersions(flags: VersionFlags): Promise<void> {
  const format = requireOneOf('-o', flags.output ?? 'table', DATA_FORMATS);
  const { systemNamespace = OPERATOR_DEFAULTS.systemNamespace } = flags;
  requireNamespace(systemNamespace, '--system-namespace');
  const show = (versions: Versions): void =>
    print(rendered(format, { data: () => versions, names: () => [], table: () => lines(versions, flags.client === true).join('\n') }));
  if (flags.client === true) {
    show({ client: OWN_VERSION });
    return;
  }
  await withCluster(flags, async (cluster) => {
    const [{ gitVersion }, found] = await Promise.all([
      cluster.client.raw<{ readonly gitVersion: string }>('GET', '/version'),
      replicasOf(cluster, systemNamespace),
    ]);
    show({ client: OWN_VERSION, ...(found === undefined ? {} : { replicas: found.replicas }), kubernetes: gitVersion });
  });
}

function lines({ client, kubernetes, replicas }: Versions, alone: boolean): readonly string[] {
  if (alone) return [client];
  return [`Client:      ${client}`, ...serverLines(replicas), `API server:  ${kubernetes ?? ''}`];
}

function serverLines(replicas: readonly Replica[] | undefined): readonly string[] {
  if (replicas === undefined) return ['Janus:       unknown: you may not list Leases of its namespace'];
  if (replicas.length === 0) return ['Janus:       does not run: "janus doctor" says what is there'];
  return replicas.map(({ identity, leads, version }) => `Janus:       ${version} (${identity}${leads ? ', leads' : ''})`);
}
