import { createColors } from 'picocolors';
import { describe, expect, test } from 'vitest';
import { planSummary, planWords } from '../../../src/cli/apply/plan-words.ts';
import type { PlannedObject } from '../../../src/cli/apply/planned.ts';
import { CONFIG_MAP, DEPLOYMENT, NAMESPACE } from '../kinds.ts';

const NOTHING = { order: 0, fields: [], takesOver: [], stays: [], warnings: [] } as const;
const IMAGE = 'spec.template.spec.containers[name="app"].image';

const PLAN: readonly PlannedObject[] = [
  { ...NOTHING, action: 'create', ref: { kind: CONFIG_MAP, namespace: 'shop', name: 'new' }, fields: [{ path: 'data.a', after: '1' }] },
  {
    ...NOTHING,
    action: 'patch',
    ref: { kind: DEPLOYMENT, namespace: 'shop', name: 'web' },
    fields: [
      { path: 'spec.replicas', before: 2, after: 3 },
      { path: IMAGE, before: 'registry.example.com/shop/web:2026-11-26', after: 'registry.example.com/shop/web:2026-11-27' },
      { path: 'spec.paused', before: true },
    ],
    takesOver: [{ manager: 'autoscaler', fields: ['spec.replicas'] }],
    stays: ['spec.revisionHistoryLimit'],
    lock: { transaction: 'shop/move-db', phase: 'Committing', progress: '3/7', holder: 'alice@example.com' },
  },
  {
    ...NOTHING,
    action: 'patch',
    ref: { kind: CONFIG_MAP, namespace: 'shop', name: 'nginx' },
    fields: [{ path: 'data["nginx.conf"]', before: 'user www;\nworkers 1;\nlisten 80;\n', after: 'user www;\nworkers 2;\nlisten 80;\n' }],
  },
  { ...NOTHING, action: 'none', ref: { kind: CONFIG_MAP, namespace: 'shop', name: 'same' } },
  {
    ...NOTHING,
    action: 'delete',
    ref: { kind: NAMESPACE, name: 'old' },
    warnings: ['deleting a Namespace cannot be undone exactly: everything in the namespace goes with it'],
  },
];

const words = (width: number, whole = false, colours = false): string =>
  planWords(PLAN, { paint: createColors(colours), width, whole }).join('\n');

const COLOUR = /\u001b\[(\d+)m/g;
const NAMES: Readonly<Record<string, string>> = { 2: 'dim', 22: '/', 31: 'red', 32: 'green', 33: 'yellow', 39: '/' };

describe('a plan', () => {
  test('at 80 columns breaks what is longer, and cuts nothing', () => {
    expect(words(80)).toMatchInlineSnapshot(`
      "+ create ConfigMap shop/new
      ~ patch  Deployment shop/web
          spec.replicas: 2 → 3
          spec.template.spec.containers[name="app"].image:
            - "registry.example.com/shop/web:2026-11-26"
            + "registry.example.com/shop/web:2026-11-27"
          spec.paused: - true
          locked by Transaction shop/move-db (Committing 3/7, for alice@example.com):
          this has to wait for it
          takes spec.replicas over from autoscaler
          keeps spec.revisionHistoryLimit, set by an earlier apply and no longer in
          the files: a Patch removes nothing
      ~ patch  ConfigMap shop/nginx
          data["nginx.conf"]:
              user www;
            - workers 1;
            + workers 2;
              listen 80;

      - delete Namespace old
          Warning: deleting a Namespace cannot be undone exactly: everything in the
          namespace goes with it"
    `);
  });

  test('at 200 columns needs fewer lines', () => {
    expect(words(200)).toMatchInlineSnapshot(`
      "+ create ConfigMap shop/new
      ~ patch  Deployment shop/web
          spec.replicas: 2 → 3
          spec.template.spec.containers[name="app"].image: "registry.example.com/shop/web:2026-11-26" → "registry.example.com/shop/web:2026-11-27"
          spec.paused: - true
          locked by Transaction shop/move-db (Committing 3/7, for alice@example.com): this has to wait for it
          takes spec.replicas over from autoscaler
          keeps spec.revisionHistoryLimit, set by an earlier apply and no longer in the files: a Patch removes nothing
      ~ patch  ConfigMap shop/nginx
          data["nginx.conf"]:
              user www;
            - workers 1;
            + workers 2;
              listen 80;

      - delete Namespace old
          Warning: deleting a Namespace cannot be undone exactly: everything in the namespace goes with it"
    `);
  });

  test('without a terminal has a line for each value', () => {
    expect(words(Infinity)).toContain(
      `    ${IMAGE}: "registry.example.com/shop/web:2026-11-26" → "registry.example.com/shop/web:2026-11-27"\n`,
    );
  });

  test('as a whole shows also what is new', () => {
    expect(words(80, true)).toContain('+ create ConfigMap shop/new\n    data.a: + "1"\n');
  });

  test('in colour has the same words', () => {
    const named = words(80, false, true).replaceAll(COLOUR, (_code, number: string) => `<${NAMES[number] ?? number}>`);
    expect(named).toMatchInlineSnapshot(`
      "<green>+ create ConfigMap shop/new</>
      <yellow>~ patch  Deployment shop/web</>
          spec.replicas: <red>2</> → <green>3</>
          spec.template.spec.containers[name="app"].image:
            <red>- "registry.example.com/shop/web:2026-11-26"</>
            <green>+ "registry.example.com/shop/web:2026-11-27"</>
          spec.paused: <red>- true</>
      <dim>    locked by Transaction shop/move-db (Committing 3/7, for alice@example.com):</>
      <dim>    this has to wait for it</>
      <dim>    takes spec.replicas over from autoscaler</>
      <dim>    keeps spec.revisionHistoryLimit, set by an earlier apply and no longer in</>
      <dim>    the files: a Patch removes nothing</>
      <yellow>~ patch  ConfigMap shop/nginx</>
          data["nginx.conf"]:
      <dim>        user www;</>
      <red>      - workers 1;</>
      <green>      + workers 2;</>
      <dim>        listen 80;</>
      <dim></>
      <red>- delete Namespace old</>
      <yellow>    Warning: deleting a Namespace cannot be undone exactly: everything in the</>
      <yellow>    namespace goes with it</>"
    `);
    expect(words(80, false, true).replaceAll(COLOUR, '')).toBe(words(80));
  });

  test('of many fields shows some', () => {
    const fields = Array.from({ length: 12 }, (_, index) => ({ path: `data.k${index}`, before: 'a', after: 'b' }));
    const [one] = PLAN.slice(2);
    const shown = planWords([{ ...one!, fields }], { paint: createColors(false), width: 80, whole: false });
    expect(shown).toHaveLength(10);
    expect(shown.at(-1)).toBe('    and 4 more fields ("janus diff" shows all)');
  });

  test('does nothing to a terminal, whatever is in it', () => {
    const evil = '\u001b]0;x\u0007\u009b31m\u202e\r';
    const [, patched] = PLAN;
    const shown = planWords(
      [
        {
          ...patched!,
          fields: [
            { path: `data["${evil}"]`, before: evil, after: `${evil}\n${evil}` },
            { path: 'data.x', after: { [evil]: evil } },
          ],
          takesOver: [{ manager: evil, fields: [evil] }],
          stays: [evil],
          warnings: [evil],
          lock: { transaction: evil, holder: evil },
        },
      ],
      { paint: createColors(false), width: 80, whole: true },
    );
    expect(shown.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });

  test('is counted', () => {
    expect(planSummary(PLAN)).toBe('1 to create, 2 to patch, 1 to delete, 1 unchanged');
  });
});
