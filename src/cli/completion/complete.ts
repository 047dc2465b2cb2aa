import { loadKubeconfig } from '../../kube/config.ts';
import { NAMESPACES } from '../../kube/well-known.ts';
import { TRANSACTIONS } from '../../transaction/kinds.ts';
import type { Transaction } from '../../api/transaction.ts';
import { withCluster } from '../cluster.ts';
import type { GlobalFlags } from '../flags/global.ts';
import { OUTPUT_FORMATS } from '../formats.ts';
import { GOALS } from '../follow/goal.ts';
import { createProgram } from '../program.ts';
import { printable } from '../terminal/printable.ts';
import { STATES } from '../transactions/list.ts';
import { stateText } from '../views/transaction-table.ts';
import { offersFor, type Offer, type OfferTables, type Wanted } from './offers.ts';
import { SHELLS } from './script.ts';

/** Somebody waits with a finger on the key. Milliseconds. */
const PATIENCE_MS = 2_000;

const OPEN = ['Pending', 'Preparing', 'Prepared', 'Committing', 'RollingBack'];

const TABLES: Omit<OfferTables, 'arguments'> = {
  flags: {
    '--output': OUTPUT_FORMATS,
    '--type': ['Create', 'Update', 'Patch', 'Delete'],
    '--on-conflict': ['Wait', 'Fail'],
    '--foreign-writes': ['Deny', 'Delay'],
    '--for': GOALS,
    '--phase': STATES,
  },
  states: {
    add: ['Unsealed'],
    seal: ['Unsealed'],
    abort: ['Unsealed', ...OPEN],
    watch: ['Unsealed', ...OPEN],
    rollback: ['Committed'],
    'recover plan': ['Failed'],
    'recover apply': ['Failed'],
  },
};

/**
 * Prints what may come next, a line each: `word<TAB>meaning`. Whatever goes wrong is no business of somebody who presses a key: then
 * nothing is offered.
 */
export async function complete(words: readonly string[]): Promise<void> {
  try {
    const lines = (await offersOf(words)).map(({ meaning, word }) => `${word}\t${printable(meaning)}\n`);
    process.stdout.write(lines.join(''));
  } catch {
    // Silence is an answer here.
  }
}

async function offersOf(words: readonly string[]): Promise<readonly Offer[]> {
  const program = createProgram();
  const tables = { ...TABLES, arguments: { SHELL: SHELLS, TERM: await termsFor(words) } };
  const { before, known, typed, wanted } = offersFor(program, words, tables);
  const live = wanted === undefined ? [] : await namesOf(wanted, flagsIn(words));
  return [...known, ...live].filter(({ word }) => word.startsWith(typed)).map(({ word, meaning }) => ({ word: before + word, meaning }));
}

/** The tables of words are large: they are loaded for the one command that takes them. */
async function termsFor(words: readonly string[]): Promise<readonly string[]> {
  if (!words.includes('explain')) return [];
  const { allTerms } = await import('../terms/terms.ts');
  return [...new Set(allTerms().map(({ term }) => term))];
}

/** The global flags among words that are not finished. */
function flagsIn(words: readonly string[]): GlobalFlags {
  const valueOf = (...names: readonly string[]): string | undefined => {
    const given = words.slice(0, -1);
    const at = given.findLastIndex((word) => names.includes(word) || names.some((name) => word.startsWith(`${name}=`)));
    const word = given[at];
    return word?.includes('=') === true ? word.slice(word.indexOf('=') + 1) : given[at + 1];
  };
  const found = { namespace: '-n,--namespace', kubeconfig: '--kubeconfig', context: '--context' };
  const entries = Object.entries(found).flatMap(([key, names]) => {
    const list = names.split(',');
    const isThere = words.slice(0, -1).some((word) => list.includes(word.replace(/=.*/, '')));
    const value = isThere ? valueOf(...list) : undefined;
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

async function namesOf({ names, states }: Wanted, flags: GlobalFlags): Promise<readonly Offer[]> {
  if (names === 'contexts') return contexts(flags);
  return withCluster(flags, async ({ client, namespace }) => {
    const bounds = { limit: 500, timeoutMs: PATIENCE_MS };
    if (names === 'namespaces') {
      const { items } = await client.list(NAMESPACES, { ...bounds, metadataOnly: true });
      return items.map(({ metadata }) => ({ word: metadata.name ?? '', meaning: '' }));
    }
    const { items } = await client.list(TRANSACTIONS, { ...bounds, namespace });
    return (items as unknown as readonly Transaction[])
      .filter((one) => states === undefined || states.includes(stateText(one)))
      .map((one) => ({
        word: one.metadata.name ?? '',
        meaning: [stateText(one), one.spec?.description ?? ''].filter((part) => part !== '').join(': '),
      }));
  });
}

async function contexts(flags: GlobalFlags): Promise<readonly Offer[]> {
  const { contexts, currentContext } = await loadKubeconfig(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig });
  return [...contexts.keys()].map((word) => ({ word, meaning: word === currentContext ? 'current' : '' }));
}
