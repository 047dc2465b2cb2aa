import { holderOf, type Lease } from '../../kube/lease/lease.ts';
import { OWN_VERSION } from '../../operator/own-version.ts';
import { replicasOf, type Replica } from '../installation.ts';
import { ageText } from '../terminal/age.ts';
import { failure, ok, warning, type Finding } from './finding.ts';
import type { Patient } from './look.ts';

const STARTS = 'See that Janus runs: "kubectl get pods" in its namespace; outside a cluster "janus operator --dev" runs it.';
/** Clocks of two machines may be apart by as much without anybody noticing. */
const SKEW_MS = 10_000;

/** Who carries transactions out, and which version runs where. */
export async function leadership({ cluster, now, systemNamespace }: Patient): Promise<readonly Finding[]> {
  const found = await replicasOf(cluster, systemNamespace);
  if (found === undefined)
    return [
      warning(
        'leader',
        `could not be looked at: you may not list Leases in namespace ${systemNamespace}`,
        'Look with rights that allow it.',
      ),
    ];
  return [leaderFinding(found.leader, now), ...versionFindings(found.replicas)];
}

/** Whether somebody holds the Lease of the leader, and has said so lately. */
export function leaderFinding(lease: Lease | undefined, now: number): Finding {
  const check = 'leader';
  const holder = holderOf(lease);
  if (holder === undefined) return failure(check, 'nobody carries transactions out', STARTS);
  const { acquireTime = '', leaseDurationSeconds = 15, renewTime = '' } = lease?.spec ?? {};
  const silent = now - Date.parse(renewTime);
  if (!(silent <= leaseDurationSeconds * 1000 + SKEW_MS))
    return failure(check, `${holder} was last heard of ${ageText(silent)} ago, so nobody carries transactions out`, STARTS);
  return ok(check, `${holder}, for ${ageText(now - Date.parse(acquireTime))}, last heard of ${ageText(silent)} ago`);
}

/** Whether all replicas and this command are of one version. */
export function versionFindings(replicas: readonly Replica[]): readonly Finding[] {
  const versions = [...new Set(replicas.map(({ version }) => version))].toSorted();
  if (versions.length === 0) return [];
  const words = `Janus ${versions.join(' and ')} on ${String(replicas.length)} replicas, this command ${OWN_VERSION}`;
  if (versions.length === 1 && versions[0] === OWN_VERSION) return [ok('versions', words)];
  return [
    warning(
      'versions',
      words,
      versions.length > 1 ? 'Look again when the rollout is through.' : 'Use the command of the version that runs there.',
    ),
  ];
}
