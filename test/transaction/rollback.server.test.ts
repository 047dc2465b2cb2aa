import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiVersionOf, type KubeObject } from '../../src/kube/object.ts';
import { type Character, EMPTY, LOGIN, SETTINGS, SHOP, WEB, WIDGET } from '../janus/cast.ts';
import { at, complete } from '../janus/objects.ts';
import { defineWidgets } from '../janus/widgets.ts';
import { conditionOf, EXACT, reborn, thereAndBack, uncontrolled, WAYS, type Way } from '../janus/rolling-back.ts';
import { bootCluster, type Cluster } from '../janus/running.ts';
import { type Change, find, makeNamespace, plain } from '../janus/transacting.ts';

let cluster: Cluster;
let namespace: string;
let made = 0;

beforeAll(async () => {
  cluster = await bootCluster();
  await cluster.start();
  namespace = await makeNamespace(cluster.admin);
  await defineWidgets(cluster.admin);
});
afterAll(() => cluster?.stop());

const CAST: readonly (readonly [string, Character])[] = [
  ['a ConfigMap of several owners', SETTINGS],
  ['an empty ConfigMap', EMPTY],
  ['a Secret that stringData changed', LOGIN],
  ['a Deployment under its controller', WEB],
  ['a Service with ports', SHOP],
  ['a custom resource with keyed lists, sets, atomic lists and unknown fields', WIDGET],
];
const TABLE = WAYS.flatMap((way) => CAST.map(([what, character]) => [what, way, character] as const));

interface Scene {
  readonly name: string;
  readonly before: KubeObject;
  live(): Promise<KubeObject>;
  change(type: Change['type'], content?: Readonly<Record<string, unknown>>, order?: number): Change;
}

async function scene(character: Character): Promise<Scene> {
  const name = `it-${String((made += 1))}`;
  const ref = at(character.kind, namespace, name);
  const before = await character.make(cluster.admin, namespace, name);
  return {
    name,
    before,
    live: () => cluster.admin.get(ref),
    change: (type, content, order = 0) => ({
      type,
      apiVersion: apiVersionOf(character.kind),
      kind: character.kind.kind,
      name,
      order,
      ...(content === undefined ? {} : { content: type === 'Patch' ? content : complete(ref, content) }),
    }),
  };
}

/** Apart from what its controller writes by itself, where it has one. */
function seen(character: Character, object: KubeObject): KubeObject {
  return character === WEB ? uncontrolled(object) : plain(object);
}

async function restoresExactly(character: Character, stage: Scene, changes: readonly Change[], way: Way): Promise<void> {
  const done = await thereAndBack(cluster.admin, namespace, changes, way, {
    committed: async () => expect(seen(character, await stage.live())).not.toEqual(seen(character, stage.before)),
  });
  expect(seen(character, await stage.live())).toEqual(seen(character, stage.before));
  expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
}

describe('a rollback restores values and owners, to the letter, of', () => {
  test.each(TABLE)('%s that was patched, %s', async (_what, way, character) => {
    const stage = await scene(character);
    await restoresExactly(character, stage, [stage.change('Patch', character.part)], way);
  });

  test.each(TABLE)('%s that was updated, %s', async (_what, way, character) => {
    const stage = await scene(character);
    await restoresExactly(character, stage, [stage.change('Update', character.whole(stage.name))], way);
  });

  test.each(TABLE)('%s that a Create adopted, %s', async (_what, way, character) => {
    const stage = await scene(character);
    await restoresExactly(character, stage, [stage.change('Create', character.part)], way);
  });

  test.each(TABLE)('%s that was patched, then updated, %s', async (_what, way, character) => {
    const stage = await scene(character);
    await restoresExactly(
      character,
      stage,
      [stage.change('Patch', character.part), stage.change('Update', character.whole(stage.name), 1)],
      way,
    );
  });
});

describe('a rollback makes again, with values and owners to the letter,', () => {
  test.each(TABLE)('%s that was deleted, %s', async (_what, way, character) => {
    const stage = await scene(character);
    const done = await thereAndBack(cluster.admin, namespace, [stage.change('Delete')], way);
    const again = await stage.live();
    expect(again.metadata.uid).not.toBe(stage.before.metadata.uid);
    expect(reborn(seen(character, again))).toEqual(reborn(seen(character, stage.before)));
    expect(conditionOf(done, 'Exact')).toMatchObject({ status: 'False', reason: 'RestoredWithDifferences' });
    expect(conditionOf(done, 'Exact')?.message).toContain(`${character.kind.kind} ${namespace}/${stage.name}: metadata.uid`);
  });
});

describe('a rollback removes', () => {
  test.each(TABLE.filter(([, , character]) => character !== EMPTY))('%s that was created, %s', async (_what, way, character) => {
    const name = `new-${String((made += 1))}`;
    const ref = at(character.kind, namespace, name);
    const content = complete(ref, character.whole(name));
    const change: Change = { type: 'Create', apiVersion: content.apiVersion, kind: content.kind, name, content };
    const done = await thereAndBack(cluster.admin, namespace, [change], way, {
      committed: async () => expect(await find(cluster.admin, ref)).toBeDefined(),
    });
    expect(await find(cluster.admin, ref)).toBeUndefined();
    expect(conditionOf(done, 'Exact')).toMatchObject(EXACT);
  });
});
