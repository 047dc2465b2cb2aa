import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/kube/object.ts';
import { createObjectStore } from '../../src/kube/object-store.ts';
import type { ObjectEvent } from '../../src/kube/object-store.ts';

function thing(uid: string, resourceVersion = '1'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: uid, uid, resourceVersion } };
}

function recorded() {
  const events: ObjectEvent<KubeObject>[] = [];
  const store = createObjectStore<KubeObject>((event) => events.push(event));
  return {
    store,
    told: () => events.splice(0).map(({ type, object }) => `${type} ${object.metadata.uid}@${object.metadata.resourceVersion}`),
  };
}

describe('an object store', () => {
  test('tells what is added, modified and deleted, and answers by uid', () => {
    const { store, told } = recorded();
    store.keep(thing('a', '1'));
    store.keep(thing('a', '2'));
    expect(store.get('a')).toEqual(thing('a', '2'));
    store.forget(thing('a', '3'));
    expect(told()).toEqual(['added a@1', 'modified a@2', 'deleted a@3']);
    expect(store.get('a')).toBeUndefined();
  });

  test('tells nothing of what it knows already', () => {
    const { store, told } = recorded();
    store.keep(thing('a', '1'));
    told();
    store.keep(thing('a', '1'));
    store.forget(thing('b'));
    store.replace([thing('a', '1')]);
    expect(told()).toEqual([]);
  });

  test('a list tells first what it does not have any more, then what is new or changed', () => {
    const { store, told } = recorded();
    store.replace([thing('gone', '1'), thing('same', '1'), thing('changed', '1')]);
    told();
    store.replace([thing('new', '9'), thing('changed', '8'), thing('same', '1')]);
    expect(told()).toEqual(['deleted gone@1', 'added new@9', 'modified changed@8']);
  });

  test('an object that was made anew under its name is another one', () => {
    const { store, told } = recorded();
    store.replace([{ ...thing('u1'), metadata: { name: 'n', uid: 'u1', resourceVersion: '1' } }]);
    store.replace([{ ...thing('u2'), metadata: { name: 'n', uid: 'u2', resourceVersion: '5' } }]);
    expect(told()).toEqual(['added u1@1', 'deleted u1@1', 'added u2@5']);
  });

  test('whoever follows its events has what it has, whatever happens', () => {
    const object = fc.record({ uid: fc.constantFrom('a', 'b', 'c', 'd'), version: fc.nat(3).map(String) });
    const step = fc.oneof(
      fc.record({ do: fc.constant('keep' as const), object }),
      fc.record({ do: fc.constant('forget' as const), object }),
      fc.record({ do: fc.constant('replace' as const), objects: fc.uniqueArray(object, { selector: ({ uid }) => uid }) }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const follower = new Map<string, KubeObject>();
        const store = createObjectStore<KubeObject>(({ type, object: seen }) => {
          const uid = seen.metadata.uid!;
          expect(follower.has(uid)).toBe(type !== 'added');
          if (type === 'deleted') follower.delete(uid);
          else follower.set(uid, seen);
        });
        for (const one of steps) {
          if (one.do === 'replace') store.replace(one.objects.map(({ uid, version }) => thing(uid, version)));
          else store[one.do](thing(one.object.uid, one.object.version));
          expect([...follower.values()]).toEqual(store.list());
        }
      }),
    );
  });
});
