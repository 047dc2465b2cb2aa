import type { KubeObject, ManagedFieldsEntry } from '../../src/kube/object.ts';
import type { SagaRecord, SagaTarget } from '../../src/transaction/record.ts';
import type { History, ObjectWrite, RecordWrite, Submitted, SubmittedChange, Writer } from './history.ts';
import { LABEL } from './locks.ts';

/** What becomes of a transaction of the model. */
export type Fate =
  'commit' | 'roll back' | 'let go and come back' | 'die, then go forward' | 'die, then roll back' | 'commit, then roll back';
export const FATES: readonly Fate[] = [
  'commit',
  'roll back',
  'let go and come back',
  'die, then go forward',
  'die, then roll back',
  'commit, then roll back',
];

/** What came of one step. */
export type Step = 'written' | 'waiting';

/** What a transaction of the model does to one object. */
export interface Deed {
  readonly type: 'Create' | 'Update' | 'Patch' | 'Delete';
  readonly name: string;
}

const NAMESPACE = 'shop';
const STRANGER: Writer = { user: 'somebody', verb: 'patch', subresource: '' };

/** A world of ConfigMaps in which every write is legal: a model of the documentation, to try the checker on. */
export class World {
  readonly writes: ObjectWrite[] = [];
  readonly records: RecordWrite[] = [];
  readonly transactions: Submitted[] = [];
  readonly #objects = new Map<string, KubeObject>();
  readonly #open = new Map<string, SagaRecord>();
  #revision = 1000;
  #born = 0;

  constructor(names: readonly string[]) {
    for (const name of names) this.write(name, this.#newborn(name, { a: '1', b: '2' }, 'owner'), STRANGER);
  }

  get history(): History {
    return { writes: this.writes, records: this.records, transactions: this.transactions };
  }

  get(name: string): KubeObject | undefined {
    return this.#objects.get(name);
  }

  /** A write by a stranger who does only what locks let pass.  */
  stranger(name: string, what: 'locked field' | 'free field' | 'delete' | 'create', value: string): Step {
    const object = this.get(name);
    if (object === undefined) {
      if (what !== 'create') return 'waiting';
      return this.write(name, this.#newborn(name, { a: value }, 'stranger'), STRANGER);
    }
    const held = object.metadata.labels?.[LABEL] !== undefined;
    const record = this.#open.get(object.metadata.labels?.[LABEL]?.split('.')[0] ?? '');
    const byFields = record?.targets.find((target) => target.name === name)?.scope === 'fields';
    if (what === 'create' || (held && (what !== 'free field' || !byFields))) return 'waiting';
    if (what === 'delete') return this.write(name, undefined, { ...STRANGER, verb: 'delete' });
    return this.write(name, written(object, { [what === 'free field' ? 'z' : 'a']: value }, 'stranger'), STRANGER);
  }

  /** A transaction, a step at a time; it yields after each write, and while it waits for an object. */
  *transaction(at: number, deeds: readonly Deed[], fate: Fate): Generator<Step> {
    const uid = `${String(at).padStart(8, '0')}-0000-4000-8000-000000000000`;
    const possible = [...deeds]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter(({ name, type }) => (type === 'Create') === (this.get(name) === undefined));
    const submitted = { uid, name: `txn-${at}`, changes: possible.map((deed, index) => changeOf(uid, deed, index)) };
    const place = this.transactions.push(submitted) - 1;
    const phase = possible.length === 0 ? 'Committed' : yield* this.#saga(uid, possible, fate);
    this.transactions[place] = { ...submitted, phase };
  }

  *#saga(uid: string, possible: readonly Deed[], fate: Fate): Generator<Step, string> {
    this.#record({ ...firstRecord(uid, possible), phase: 'Preparing' });
    const images = new Map<string, KubeObject>();
    yield* this.#lock(uid, possible, images);
    if (fate === 'let go and come back') {
      for (const { name } of possible) if (images.has(name)) yield this.#unlock(uid, name);
      images.clear();
      this.#change(uid, { attempt: this.#attempt(uid) + 1 });
      yield* this.#lock(uid, possible, images);
    }
    yield this.#change(uid, { phase: 'Committing' });
    const early = fate.startsWith('die') || fate === 'roll back';
    const half = early ? Math.ceil(possible.length / 2) : possible.length;
    for (const [index, deed] of possible.slice(0, half).entries()) yield this.#do(uid, deed, index);
    if (fate.startsWith('die')) yield* this.#takeOver(uid, possible);
    if (fate === 'die, then go forward')
      for (const [index, deed] of possible.entries()) if (index >= half) yield this.#do(uid, deed, index);
    const impossible = possible.some(({ name, type }) => (type === 'Create' ? !this.#holds(uid, name) : !images.has(name)));
    if (fate === 'roll back' || fate === 'die, then roll back' || impossible) {
      this.#change(uid, { phase: 'RollingBack' });
      const conflicts = new Set<string>();
      yield* this.#undo(uid, possible, images, conflicts);
      return this.#concluded(uid, conflicts);
    }
    yield this.#change(uid, { phase: 'Committed' });
    for (const { name } of possible) if (this.#holds(uid, name)) yield this.#unlock(uid, name);
    if (fate === 'commit, then roll back') {
      const conflicts = new Set<string>();
      yield* this.#rollBackLater(uid, possible, images, conflicts);
      return this.#concluded(uid, conflicts);
    }
    return 'Committed';
  }

  write(name: string, after: KubeObject | undefined, by: Writer): Step {
    const before = this.get(name);
    this.#revision += 10;
    const stamped =
      after === undefined ? undefined : { ...after, metadata: { ...after.metadata, resourceVersion: String(this.#revision) } };
    if (stamped === undefined) this.#objects.delete(name);
    else this.#objects.set(name, stamped);
    const key = `/configmaps/${NAMESPACE}/${name}`;
    this.writes.push({
      revision: this.#revision,
      key,
      by,
      ...(before === undefined ? {} : { before }),
      ...(stamped === undefined ? {} : { after: stamped }),
    });
    return 'written';
  }

  *#lock(uid: string, deeds: readonly Deed[], images: Map<string, KubeObject>): Generator<Step> {
    for (const { name, type } of deeds) {
      if (type === 'Create') continue;
      while (this.get(name)?.metadata.labels?.[LABEL] !== undefined) yield 'waiting';
      const object = this.get(name);
      // Somebody has deleted it: then the transaction is rolled back.
      if (object === undefined) continue;
      images.set(name, object);
      yield this.write(name, labelled(object, this.#label(uid, object)), this.#as(uid, 'lock'));
    }
  }

  #do(uid: string, { type, name }: Deed, index: number): Step {
    const object = this.get(name);
    if (type === 'Create') {
      if (object !== undefined) return 'waiting';
      const made = this.#newborn(name, contentOf(uid, index), managerOf(uid, index));
      this.write(name, labelled(made, this.#label(uid, made)), this.#as(uid, 'create'));
    } else if (object !== undefined && this.#holds(uid, name)) {
      if (type === 'Delete') this.write(name, undefined, this.#as(uid, 'delete'));
      else this.write(name, written(object, contentOf(uid, index), managerOf(uid, index), type === 'Update'), this.#as(uid, 'apply'));
    }
    return 'waiting';
  }

  *#takeOver(uid: string, deeds: readonly Deed[]): Generator<Step> {
    yield this.#change(uid, { attempt: this.#attempt(uid) + 1 });
    for (const { name } of deeds) {
      const object = this.get(name);
      if (object !== undefined && this.#holds(uid, name))
        yield this.write(name, labelled(object, this.#label(uid, object)), this.#as(uid, 'lock'));
    }
  }

  *#undo(uid: string, deeds: readonly Deed[], images: ReadonlyMap<string, KubeObject>, conflicts: Set<string>): Generator<Step> {
    for (const { name, type } of [...deeds].reverse()) {
      const image = images.get(name);
      if (type === 'Create' && this.#holds(uid, name)) yield this.write(name, undefined, this.#as(uid, 'delete'));
      if (image === undefined) continue;
      let object = this.get(name);
      if (object === undefined) {
        object = this.#newborn(name, image['data'] as Record<string, string>, 'janus-lock');
        yield this.write(name, labelled(object, this.#label(uid, object)), this.#as(uid, 'recreate'));
      } else if (this.#holds(uid, name)) {
        const free = (object['data'] as Record<string, string | undefined>)['z'];
        const data = { ...(image['data'] as object), ...(type === 'Patch' && free !== undefined ? { z: free } : {}) };
        yield this.write(name, { ...object, data }, this.#as(uid, 'restore'));
      }
      if (this.#holds(uid, name)) yield this.#giveBack(uid, name, image);
      else conflicts.add(name);
    }
  }

  #giveBack(uid: string, name: string, image: KubeObject): Step {
    const object = this.get(name);
    if (object === undefined) return 'waiting';
    const data = object['data'] as Record<string, string>;
    const owners = new Map((image.metadata.managedFields ?? []).map((entry) => [entry.manager ?? '', dataOf(entry)]));
    const since = (object.metadata.managedFields ?? []).find(({ manager }) => manager === 'stranger');
    if (since !== undefined && dataOf(since).includes('z')) {
      for (const [manager, fields] of owners)
        owners.set(
          manager,
          fields.filter((field) => field !== 'z'),
        );
      owners.set('stranger', [...(owners.get('stranger') ?? []), 'z']);
    }
    const managedFields = [...owners].flatMap(([manager, fields]) => {
      const left = fields.filter((field) => Object.hasOwn(data, field));
      const was = image.metadata.managedFields?.find((entry) => entry.manager === manager);
      if (was !== undefined && JSON.stringify(dataOf(was)) === JSON.stringify(left)) return [was];
      return left.length === 0 ? [] : [entryOf(manager, left)];
    });
    const { labels: _labels, ...metadata } = object.metadata;
    this.write(name, { ...object, metadata: { ...metadata, managedFields } }, this.#as(uid, 'unlock'));
    return 'waiting';
  }

  *#rollBackLater(uid: string, deeds: readonly Deed[], images: ReadonlyMap<string, KubeObject>, conflicts: Set<string>): Generator<Step> {
    yield 'waiting';
    const attempt = this.#attempt(uid);
    yield this.#change(uid, { phase: 'RollingBack', voidThrough: attempt, attempt: attempt + 1 });
    for (const { name, type } of [...deeds].reverse()) {
      while (this.get(name)?.metadata.labels?.[LABEL] !== undefined) yield 'waiting';
      if (type !== 'Create' && !images.has(name)) continue;
      const index = deeds.findIndex((deed) => deed.name === name);
      const object = this.get(name);
      const isOurs = (object?.metadata.managedFields ?? []).some(
        (entry) => entry.manager === managerOf(uid, index) && dataOf(entry).length === Object.keys(contentOf(uid, index)).length,
      );
      if (type === 'Delete' ? object !== undefined : object !== undefined && !isOurs) conflicts.add(name);
      else if (object === undefined && type !== 'Create' && type !== 'Delete') conflicts.add(name);
      else {
        if (object !== undefined) yield this.write(name, labelled(object, this.#label(uid, object)), this.#as(uid, 'lock'));
        yield* this.#undo(uid, [{ name, type: type === 'Update' ? 'Patch' : type }], images, conflicts);
      }
    }
  }

  #concluded(uid: string, conflicts: ReadonlySet<string>): string {
    const targets = (this.#open.get(uid)?.targets ?? []).map((target): SagaTarget =>
      conflicts.has(target.name) ? { ...target, conflict: 'somebody has changed it' } : { ...target, undone: true },
    );
    const phase = conflicts.size === 0 ? 'RolledBack' : 'Failed';
    this.#change(uid, { phase, targets });
    return phase;
  }

  #unlock(uid: string, name: string): Step {
    const object = this.get(name);
    if (object === undefined) return 'waiting';
    const { labels: _labels, ...metadata } = object.metadata;
    this.write(name, { ...object, metadata }, this.#as(uid, 'unlock'));
    return 'waiting';
  }

  #holds(uid: string, name: string): boolean {
    return this.get(name)?.metadata.labels?.[LABEL]?.startsWith(uid) === true;
  }

  #label(uid: string, object: KubeObject): string {
    return `${uid}.${this.#attempt(uid)}.${(object.metadata.uid ?? '').slice(0, 8)}`;
  }

  #as(uid: string, action: string): Writer {
    return {
      user: 'system:serviceaccount:shop:deployer',
      verb: 'patch',
      subresource: '',
      grant: { transaction: uid, attempt: this.#attempt(uid), action },
    };
  }

  #attempt(uid: string): number {
    return this.#open.get(uid)?.attempt ?? 0;
  }

  #change(uid: string, change: Partial<SagaRecord>): Step {
    const record = this.#open.get(uid);
    return record === undefined ? 'waiting' : this.#record({ ...record, ...change });
  }

  #record(record: SagaRecord): Step {
    this.#revision += 10;
    this.#open.set(record.transaction.uid, record);
    this.records.push({ revision: this.#revision, transaction: record.transaction.uid, record });
    return 'written';
  }

  #newborn(name: string, data: Readonly<Record<string, string>>, manager: string): KubeObject {
    const uid = `${(this.#born += 1).toString(16).padStart(8, '0')}-1111-4000-8000-000000000000`;
    const metadata = { name, namespace: NAMESPACE, uid, managedFields: [entryOf(manager, Object.keys(data))] };
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  }
}

function firstRecord(uid: string, deeds: readonly Deed[]): SagaRecord {
  return {
    schema: 1,
    transaction: { namespace: NAMESPACE, name: `txn-${uid}`, uid },
    serviceAccountName: 'deployer',
    requester: 'somebody',
    phase: 'Preparing',
    attempt: 1,
    foreignWrites: 'Deny',
    lockedSince: '2024-01-01T00:00:00Z',
    deadline: '2024-01-01T01:00:00Z',
    targets: deeds.map(({ name, type }, index) => ({
      kind: { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
      namespace: NAMESPACE,
      name,
      lockBy: 'patch',
      changes: [{ name: `change-${index}`, type, order: 0 }],
      ...(type === 'Patch' || type === 'Create'
        ? {
            scope: 'fields',
            fields: { 'f:data': Object.fromEntries(Object.keys(contentOf(uid, index)).map((field) => [`f:${field}`, {}])) },
          }
        : { scope: 'object' }),
    })),
  };
}

function changeOf(uid: string, { type, name }: Deed, index: number): SubmittedChange {
  const content = type === 'Delete' ? {} : { content: { data: contentOf(uid, index) } };
  return { name: `change-${index}`, type, order: 0, key: `/configmaps/${NAMESPACE}/${name}`, ...content };
}

function contentOf(uid: string, index: number): Readonly<Record<string, string>> {
  return { a: `${uid.slice(0, 8)}-${index}`, n: uid.slice(0, 8) };
}

function managerOf(uid: string, index: number): string {
  return `janus-txn-${uid.slice(0, 8)}-${index}`;
}

function labelled(object: KubeObject, label: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels: { [LABEL]: label } } };
}

/** A write of fields: whoever writes another value owns it from then on. */
function written(object: KubeObject, fields: Readonly<Record<string, string>>, manager: string, whole = false): KubeObject {
  const data = whole ? fields : { ...(object['data'] as object), ...fields };
  const others = (object.metadata.managedFields ?? []).filter((entry) => entry.manager !== manager);
  const had = (object.metadata.managedFields ?? []).filter((entry) => entry.manager === manager).flatMap(dataOf);
  const left = others.flatMap((entry) => {
    const kept = dataOf(entry).filter((field) => !Object.hasOwn(fields, field) && Object.hasOwn(data, field));
    return kept.length === 0 ? [] : [entryOf(entry.manager ?? '', kept)];
  });
  const own = [...new Set([...had, ...Object.keys(fields)])].filter((field) => Object.hasOwn(data, field));
  return { ...object, data, metadata: { ...object.metadata, managedFields: [...left, entryOf(manager, own)] } };
}

function entryOf(manager: string, fields: readonly string[]): ManagedFieldsEntry {
  const members = Object.fromEntries([...fields].sort().map((field) => [`f:${field}`, {}]));
  return { manager, operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': members } };
}

function dataOf({ fieldsV1 }: ManagedFieldsEntry): string[] {
  return Object.keys(fieldsV1?.['f:data'] ?? {}).map((step) => step.slice(2));
}
