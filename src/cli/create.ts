import { API_VERSION } from '../api/group.ts';
import type { TransactionSpec } from '../api/transaction.ts';
import { isApiError } from '../kube/errors.ts';
import { SERVICE_ACCOUNTS } from '../kube/well-known.ts';
import { TRANSACTIONS } from '../transaction/kinds.ts';
import { withCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { Fault } from './fault.ts';
import type { GlobalFlags } from './flags/global.ts';
import type { SpecFlags } from './flags/transaction.ts';
import { requireName, requirePrefix } from './names.ts';
import { print, say, warn } from './output.ts';
import { specOf } from './transaction-spec.ts';

/** The flags as typed. */
export interface CreateFlags extends GlobalFlags, SpecFlags {
  readonly sa?: string;
  readonly generateName?: string;
}

type Naming = { readonly name: string } | { readonly generateName: string };

/** Creates an unsealed Transaction: its name on stdout, the rest on stderr. */
export async function create(name: string | undefined, flags: CreateFlags): Promise<void> {
  const naming = namingOf(name, flags.generateName);
  const { sa } = flags;
  if (sa === undefined || sa === '') throw new Fault('--sa is missing: name the ServiceAccount that the changes are to be made as.');
  requireName(sa, '--sa');
  const spec = specOf(sa, flags);
  await withCluster(flags, async (cluster) => {
    const [created, absent] = await Promise.all([submit(cluster, naming, spec), isAbsent(cluster, spec.serviceAccountName)]);
    print(created);
    say(`Transaction ${cluster.namespace}/${created} created (unsealed)`);
    if (absent) {
      warn(
        `there is no ServiceAccount ${spec.serviceAccountName} in namespace ${cluster.namespace}: create it before you seal, or the transaction fails.`,
      );
    }
  });
}

function namingOf(name: string | undefined, generateName: string | undefined): Naming {
  if (name !== undefined && generateName !== undefined) throw new Fault('A name and --generate-name are given: leave out one of them.');
  if (generateName !== undefined) {
    requirePrefix(generateName, '--generate-name');
    return { generateName };
  }
  if (name === undefined)
    throw new Fault('The Transaction has no name: run "janus create NAME --sa SA" or "janus create -g PREFIX --sa SA".');
  requireName(name, 'NAME');
  return { name };
}

async function submit({ client, namespace }: Cluster, naming: Naming, spec: TransactionSpec): Promise<string> {
  const name = 'name' in naming ? naming.name : '';
  const transaction = { apiVersion: API_VERSION, kind: 'Transaction', metadata: { ...naming, namespace }, spec };
  try {
    const { object, warnings } = await client.create({ kind: TRANSACTIONS, namespace, name }, transaction);
    warnings.forEach(warn);
    return object.metadata.name ?? name;
  } catch (error) {
    if (!isApiError(error, 409)) throw error;
    throw new Fault(`Transaction ${namespace}/${name} exists already: choose another name, or let the server choose one with -g PREFIX.`, {
      cause: error,
    });
  }
}

/** Whether the ServiceAccount certainly does not exist: who may not look gets no warning. */
async function isAbsent({ client, namespace }: Cluster, name: string): Promise<boolean> {
  try {
    await client.get({ kind: SERVICE_ACCOUNTS, namespace, name });
    return false;
  } catch (error) {
    return isApiError(error, 404);
  }
}
