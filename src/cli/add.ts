import { isSealed } from '../api/transaction.ts';
import type { Transaction } from '../api/transaction.ts';
import { isApiError } from '../kube/errors.ts';
import { defaultNames } from './change-name.ts';
import { changeObject } from './change-object.ts';
import { withCluster } from './cluster.ts';
import { refuseFaults } from './content-faults.ts';
import { createAll } from './create-all.ts';
import { readDocuments } from './documents.ts';
import { Fault } from './fault.ts';
import { gather } from './faults.ts';
import { nameOf, readText } from './file.ts';
import type { GlobalFlags } from './flags/global.ts';
import { untilInterrupted } from './interrupt.ts';
import { manifestsOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { requireName, requireNamespace } from './names.ts';
import { print, warn } from './output.ts';
import { CHANGE_TYPES, planWithContent, planWithoutContent } from './planned-change.ts';
import type { ChangeType, PlannedChange } from './planned-change.ts';
import { parseTarget } from './target.ts';
import type { Target } from './target.ts';
import { readTransaction } from './transaction.ts';
import { requireInteger, requireOneOf } from './values.ts';

/** The flags as typed. */
export interface AddFlags extends GlobalFlags {
  readonly type?: string;
  readonly target?: string;
  readonly targetNs?: string;
  readonly file?: string;
  readonly order?: string;
  readonly name?: string;
}

/** The flags, each checked by itself. */
interface Request {
  readonly type: ChangeType;
  readonly target?: Target;
  readonly targetNamespace?: string;
  readonly order: number;
  readonly name?: string;
  /** Absent: no -f. */
  readonly manifests?: readonly Manifest[];
}

/** Adds one change, or one for each manifest of a file: all of them, or none. */
export async function add(transactionName: string, flags: AddFlags): Promise<void> {
  requireName(transactionName, 'TXN');
  const request = await requestOf(flags);
  await withCluster(flags, async (cluster) => {
    const [transaction, kinds] = await Promise.all([readTransaction(cluster, transactionName), cluster.kinds()]);
    if (isSealed(transaction)) {
      throw new Fault(
        `Transaction ${cluster.namespace}/${transactionName} is sealed, so nothing can be added: create another Transaction.`,
      );
    }
    const context = { ...request, namespace: cluster.namespace };
    const { manifests } = request;
    const planned =
      manifests === undefined
        ? [planWithoutContent(context, kinds)]
        : gather(manifests, (manifest) => planWithContent(context, manifest, kinds));
    const changes = named(transaction, planned, request);
    refuseFaults(transaction, planned, changes);
    try {
      const warnings = await untilInterrupted((signal) => createAll(cluster.client, changes, signal));
      warnings.forEach(warn);
    } catch (error) {
      throw isApiError(error, 409) && error.reason === 'AlreadyExists' ? nameTaken(error, cluster.namespace) : error;
    }
    for (const change of changes) {
      const { order = 0, target, type } = change.spec;
      print(
        `ResourceChange ${cluster.namespace}/${change.metadata.name ?? ''} created (type=${type}, target=${target.kind}/${target.name}, order=${order})`,
      );
    }
  });
}

async function requestOf(flags: AddFlags): Promise<Request> {
  const { file, name, order = '0', target, targetNs, type } = flags;
  if (type === undefined) throw new Fault(`--type is missing: say whether to ${CHANGE_TYPES.join(', ')} the object.`);
  if (target === undefined && file === undefined)
    throw new Fault('--target is missing: name the object as Kind/Name, for example ConfigMap/settings.');
  if (targetNs !== undefined) requireNamespace(targetNs, '--target-ns');
  if (name !== undefined) requireName(name, '--name');
  const checked = {
    type: requireOneOf('--type', type, CHANGE_TYPES),
    order: requireInteger('--order', order, -(2 ** 31), 2 ** 31 - 1),
    ...(target === undefined ? {} : { target: parseTarget(target) }),
    ...(targetNs === undefined ? {} : { targetNamespace: targetNs }),
    ...(name === undefined ? {} : { name }),
  };
  return file === undefined ? checked : { ...checked, manifests: await manifestsIn(file, checked) };
}

async function manifestsIn(file: string, { name, target }: Pick<Request, 'name' | 'target'>): Promise<readonly Manifest[]> {
  const documents = readDocuments(await readText(file), nameOf(file));
  const manifests = documents.flatMap((document) => manifestsOf(document));
  if (manifests.length === 0) throw new Fault(`There is nothing in ${nameOf(file)}: write the content into it.`);
  if (manifests.length === 1) return manifests;
  const single = target !== undefined ? '--target' : name !== undefined ? '--name' : undefined;
  if (single === undefined) return manifests;
  throw new Fault(
    `${nameOf(file)} describes ${manifests.length} objects, and ${single} is for one: leave out ${single}, or split the file.`,
  );
}

function named(transaction: Transaction, planned: readonly PlannedChange[], { name, order }: Request) {
  const names =
    name === undefined
      ? defaultNames(
          transaction.metadata.name ?? '',
          planned.map((change) => ({ ...change, kind: change.kind.kind })),
        )
      : [name];
  return planned.map((change, index) => changeObject(transaction, names[index] ?? '', change, order));
}

function nameTaken(error: Error & { readonly status: { readonly details?: { readonly name?: string } } }, namespace: string): Fault {
  const name = error.status.details?.name ?? '';
  return new Fault(`ResourceChange ${namespace}/${name} exists already, so nothing was added: give another name with --name.`, {
    cause: error,
  });
}
