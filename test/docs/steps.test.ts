import { expect, test } from 'vitest';
import { corrected } from './follow.ts';
import { RUN, blocksOf, unproven } from './page.ts';
import { stepsOf, type TypedCommand } from './steps.ts';

const CONSOLE = ['```console', '$ kubectl apply -f - <<END', '> kind: Namespace', '> END', 'namespace/a created', '$ false', '```'];

test('a console block is commands, each with what it prints; the last one may end otherwise', () => {
  expect(stepsOf(['<!-- its last command exits with 1 -->', '', ...CONSOLE].join('\n'))).toEqual([
    {
      kind: 'command',
      command: 'kubectl apply -f - <<END\nkind: Namespace\nEND',
      expected: ['namespace/a created'],
      exits: 0,
      line: 4,
      lines: 3,
    },
    { kind: 'command', command: 'false', expected: [], exits: 1, line: 8, lines: 1 },
  ]);
});

test('a manifest is saved under the name in its first line, and refused without one', () => {
  expect(stepsOf('```yaml\n# a.yaml\nkind: Namespace\n```')).toEqual([
    { kind: 'file', name: 'a.yaml', content: '# a.yaml\nkind: Namespace\n', line: 2 },
  ]);
  expect(() => stepsOf('```yaml\nkind: Namespace\n```')).toThrow('begins with "# NAME.yaml"');
});

test('a block that says why it is not run is not run, and the one after it is', () => {
  const page = '<!-- not run: it takes a day -->\n\n```sh\nsleep 86400\n```\n\n```sh\ntrue\n```';
  expect(stepsOf(page)).toMatchObject([{ command: 'true', expected: undefined }]);
  expect(blocksOf(page)[0]).toMatchObject({ notRun: 'it takes a day' });
});

test('commands in a comment are run and not shown', () => {
  expect(stepsOf('<!-- run, and not shown\nkubectl create ns a\n-->')).toMatchObject([
    { command: 'kubectl create ns a', expected: undefined },
  ]);
});

test('a page that is not run has to say why of each block', () => {
  expect(unproven(CONSOLE.join('\n'))).toHaveLength(1);
  expect(unproven([RUN, ...CONSOLE].join('\n'))).toEqual([]);
  expect(unproven(['<!-- not run: why -->', ...CONSOLE].join('\n'))).toEqual([]);
  expect(unproven('```ts\nlet a;\n```')).toEqual([]);
});

test('what was really printed takes the place of what was expected', () => {
  const page = [RUN, ...CONSOLE, 'after'].join('\n');
  const surprises = (stepsOf(page) as readonly TypedCommand[]).map((step) => ({ step, printed: { text: 'one\ntwo\n', code: 0 } }));
  expect(corrected(page, surprises).split('\n').slice(4)).toEqual(['> END', 'one', 'two', '$ false', 'one', 'two', '```', 'after']);
});
