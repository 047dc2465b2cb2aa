import type { Phase } from '../api/transaction.ts';
import { colour } from './output.ts';

type Paint = (text: string) => string;

/** Colour of a phase, the same everywhere: what is well, what is under way, what was undone, what needs a person. */
export function phasePaint(phase: Phase | undefined): Paint {
  switch (phase) {
    case 'Committed':
      return colour.green;
    case 'RolledBack':
    case 'RollingBack':
      return colour.yellow;
    case 'Failed':
      return colour.red;
    case 'Preparing':
    case 'Prepared':
    case 'Committing':
      return colour.cyan;
    default:
      return (text) => text;
  }
}
