import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The part of an `audit.k8s.io/v1` Event that tests read. */
export interface AuditEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user: AuditUser;
  /** On whose behalf it was sent, where somebody was impersonated. */
  readonly impersonatedUser?: AuditUser;
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly subresource?: string;
  };
  readonly responseStatus?: { readonly code?: number; readonly reason?: string };
  /** The body as it was sent: of a patch the patch. */
  readonly requestObject?: unknown;
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

export interface AuditUser {
  readonly username: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** An audit log: flags that make an API server write it, and what it has written so far, in the order in which requests ended. */
export interface AuditLog {
  readonly flags: readonly string[];
  read(): Promise<readonly AuditEvent[]>;
  remove(): Promise<void>;
}

/**
 * An audit log of requests, bodies included, one event for each request that has ended. `rules` are those of an audit policy;
 * by default every write is recorded with its body. An answer that a client has is in the log: it is written before.
 */
export async function auditLog(
  rules: readonly object[] = [{ level: 'Request', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] }, { level: 'None' }],
): Promise<AuditLog> {
  const folder = await mkdtemp(join(tmpdir(), 'janus-audit-'));
  const policy = join(folder, 'policy.json');
  const log = join(folder, 'audit.log');
  const stages = { omitStages: ['RequestReceived', 'ResponseStarted'] };
  await writeFile(policy, JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...stages, rules }));
  await writeFile(log, '');
  return {
    flags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`, '--audit-log-mode=blocking-strict'],
    read: async () => {
      const lines = (await readFile(log, 'utf8')).split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as AuditEvent);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
