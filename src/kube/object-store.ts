import type { KubeObject } from './object.ts';

/** What changed in a set of objects. A deletion carries the object as it was last known. */
export interface ObjectEvent<T extends KubeObject> {
  readonly type: 'added' | 'modified' | 'deleted';
  readonly object: T;
}

/** Objects by uid, kept in step by lists and watch events; every real change is told once, in order. */
export interface ObjectStore<T extends KubeObject> {
  readonly get: (uid: string) => T | undefined;
  readonly list: () => readonly T[];
  /** The object as it is now. One that is known in this resourceVersion already changes nothing. */
  keep(object: T): void;
  forget(object: T): void;
  /** A whole list: what is not in it was deleted while nobody watched. */
  replace(objects: readonly T[]): void;
}

/** An empty store that tells `onEvent` what changes. */
export function createObjectStore<T extends KubeObject>(onEvent: (event: ObjectEvent<T>) => void): ObjectStore<T> {
  const known = new Map<string, T>();

  const keep = (object: T): void => {
    const uid = uidOf(object);
    const before = known.get(uid);
    if (before !== undefined && isSameVersion(before, object)) return;
    known.set(uid, object);
    onEvent({ type: before === undefined ? 'added' : 'modified', object });
  };
  const forget = (object: T): void => {
    if (known.delete(uidOf(object))) onEvent({ type: 'deleted', object });
  };

  return {
    get: (uid) => known.get(uid),
    list: () => [...known.values()],
    keep,
    forget,
    replace(objects) {
      const listed = new Set(objects.map(uidOf));
      for (const [uid, object] of [...known]) if (!listed.has(uid)) forget(object);
      for (const object of objects) keep(object);
    },
  };
}

function isSameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.resourceVersion !== undefined && a.metadata.resourceVersion === b.metadata.resourceVersion;
}

function uidOf(object: KubeObject): string {
  return object.metadata.uid ?? '';
}
