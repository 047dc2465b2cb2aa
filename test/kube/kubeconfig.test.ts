import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/kube/config-error.ts';
import { mergeKubeconfigs, parseKubeconfig, selectContext } from '../../src/kube/kubeconfig.ts';

const PATH = '/home/someone/.kube/config';

function file(parts: object): string {
  return stringify({ apiVersion: 'v1', kind: 'Config', ...parts });
}

const PROD = {
  'current-context': 'prod',
  contexts: [{ name: 'prod', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
  clusters: [{ name: 'c', cluster: { server: 'https://prod.test' } }],
  users: [{ name: 'u', user: { token: 't' } }],
};

/** The error of a call that must throw a ConfigError. */
function problemOf(call: () => unknown): ConfigError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error as ConfigError;
  }
  throw new Error('it did not throw');
}

describe('parseKubeconfig', () => {
  test('finds what the current context points to', () => {
    expect(selectContext(parseKubeconfig(file(PROD), PATH), PATH)).toEqual({
      name: 'prod',
      namespace: 'shop',
      cluster: { server: 'https://prod.test' },
      user: { token: 't' },
    });
  });

  test('takes file names as relative to the file they are in, and a command with a slash too', () => {
    const config = parseKubeconfig(
      file({
        clusters: [{ name: 'c', cluster: { server: 's', 'certificate-authority': 'ca.crt' } }],
        users: [
          { name: 'files', user: { 'client-certificate': '../c.crt', 'client-key': '/abs/c.key', tokenFile: 'token' } },
          { name: 'near', user: { exec: { command: './plugin' } } },
          { name: 'far', user: { exec: { command: 'plugin' } } },
        ],
      }),
      PATH,
    );
    expect(config.clusters.get('c')).toMatchObject({ 'certificate-authority': '/home/someone/.kube/ca.crt' });
    expect(config.users.get('files')).toEqual({
      'client-certificate': '/home/someone/c.crt',
      'client-key': '/abs/c.key',
      tokenFile: '/home/someone/.kube/token',
    });
    expect(config.users.get('near')?.exec).toEqual({ command: '/home/someone/.kube/plugin' });
    expect(config.users.get('far')?.exec).toEqual({ command: 'plugin' });
  });

  test('takes null for what is not there', () => {
    const text = 'users: [{name: u, user: {token: null, client-key: ~}}]\ncontexts: [{name: a, context: {namespace: }}]';
    const config = parseKubeconfig(text, PATH);
    expect(config.users.get('u')).toEqual({});
    expect(config.contexts.get('a')).toEqual({});
  });

  test('takes an empty file for an empty configuration', () => {
    for (const text of ['', '# nothing\n', 'null']) expect(parseKubeconfig(text, PATH).contexts.size).toBe(0);
  });

  test.each([
    ['a list', '- a', 'top level'],
    ['a text', 'hello', 'top level'],
    ['another kind', 'kind: Pod', 'its kind is "Pod"'],
    ['contexts that are no list', 'contexts: {}', 'contexts is not a list'],
    ['a nameless context', 'contexts: [{context: {}}]', 'contexts[0] needs a name'],
    ['a user that is no mapping', 'users: [{name: a, user: b}]', 'users[0] needs a name and a user'],
    [
      'a namespace that YAML takes for a number',
      'contexts: [{name: a, context: {namespace: 123}}]',
      'namespace of context "a" is not text',
    ],
    ['a token that is a list', 'users: [{name: u, user: {token: [1]}}]', 'token of user "u" is not text'],
  ])('refuses %s, naming the file and what is wrong', (_what, text, words) => {
    const error = problemOf(() => parseKubeconfig(text, PATH));
    expect(error.problem).toBe('Malformed');
    expect(error.message).toContain(words);
    expect(error.message).toContain(PATH);
  });

  test('quotes nothing of a file that is not YAML: it may hold keys', () => {
    const error = problemOf(() => parseKubeconfig('users:\n- name: u\n  user:\n    token: SECRET-TOKEN\n   broken: [SECRET-TOKEN', PATH));
    expect(error.problem).toBe('Malformed');
    expect(`${error.message}${String(error.cause)}${error.stack ?? ''}`).not.toContain('SECRET');
  });

  test('prints nothing of a file that YAML has doubts about', async () => {
    const printed: Error[] = [];
    const listener = (warning: Error): void => void printed.push(warning);
    process.on('warning', listener);
    parseKubeconfig('users:\n- name: u\n  user: { token: !odd SECRET-TOKEN }', PATH);
    // Warnings come in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listener);
    expect(printed.map(({ message }) => message)).toEqual([]);
  });

  test('does not die of a file that doubles itself by aliases', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x,x]',
      ...'bcdefgh'.split('').map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]},`.repeat(10)}]`),
    ].join('\n');
    expect(problemOf(() => parseKubeconfig(bomb, PATH)).problem).toBe('Malformed');
  });

  test('throws nothing but a ConfigError, whatever the file says', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.jsonValue().map((value) => stringify(value)),
          fc.record({ contexts: fc.jsonValue(), users: fc.jsonValue(), clusters: fc.jsonValue() }).map((value) => stringify(value)),
        ),
        (text) => {
          try {
            selectContext(parseKubeconfig(text, PATH), PATH);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
          }
        },
      ),
    );
  });
});

describe('mergeKubeconfigs', () => {
  test('lets the first file win, name by name, and adds what only later ones have', () => {
    const first = parseKubeconfig(file({ contexts: [{ name: 'a', context: { namespace: 'first' } }] }), '/1');
    const second = parseKubeconfig(
      file({
        'current-context': 'b',
        contexts: [
          { name: 'a', context: { namespace: 'second' } },
          { name: 'b', context: { namespace: 'second' } },
        ],
      }),
      '/2',
    );
    const third = parseKubeconfig(file({ 'current-context': 'c' }), '/3');
    const merged = mergeKubeconfigs([first, second, third]);
    expect(merged.currentContext).toBe('b');
    expect(Object.fromEntries([...merged.contexts].map(([name, { namespace }]) => [name, namespace]))).toEqual({ a: 'first', b: 'second' });
  });

  test('takes the first of two entries with one name in one file', () => {
    const config = parseKubeconfig(
      file({
        users: [
          { name: 'u', user: { token: '1' } },
          { name: 'u', user: { token: '2' } },
        ],
      }),
      PATH,
    );
    expect(config.users.get('u')).toEqual({ token: '1' });
  });
});

describe('selectContext', () => {
  const config = parseKubeconfig(
    file({
      ...PROD,
      contexts: [
        ...PROD.contexts,
        { name: 'bare', context: { cluster: 'c' } },
        { name: 'no-cluster', context: { cluster: 'gone', user: 'u' } },
        { name: 'no-server', context: { cluster: 'empty', user: 'u' } },
        { name: 'no-user', context: { cluster: 'c', user: 'gone' } },
      ],
      clusters: [...PROD.clusters, { name: 'empty', cluster: {} }],
    }),
    PATH,
  );

  test('takes the context asked for rather than the current one', () => {
    expect(selectContext(config, PATH, 'bare')).toMatchObject({ name: 'bare', namespace: 'default', user: {} });
  });

  test.each([
    ['missing', 'NoContext', 'has no context "missing"'],
    ['no-cluster', 'NoCluster', 'names cluster "gone"'],
    ['no-server', 'NoCluster', 'has no server'],
    ['no-user', 'NoUser', 'names user "gone"'],
  ])('says what is wrong with the context %s', (name, problem, words) => {
    const error = problemOf(() => selectContext(config, PATH, name));
    expect(error.problem).toBe(problem);
    expect(error.message).toContain(words);
    expect(error.message).toContain(PATH);
  });

  test('lists the contexts there are when none is current, or another was asked for', () => {
    const { currentContext: _current, ...none } = config;
    expect(problemOf(() => selectContext(none, PATH)).message).toContain('bare, no-cluster, no-server, no-user, prod');
    expect(problemOf(() => selectContext(config, PATH, 'x')).message).toContain('prod');
    expect(problemOf(() => selectContext(parseKubeconfig('', PATH), PATH)).message).toContain('none');
  });
});
