import { bareApply } from './bare-apply.ts';
import type { Contender } from './contender.ts';
import { helm } from './helm.ts';
import { janus } from './janus.ts';
import { kubectlApply } from './kubectl-apply.ts';
import { original } from './original.ts';

/** Every contender in the order it runs. */
export const ALL_CONTENDERS: readonly Contender[] = [original, janus, kubectlApply, helm, bareApply];
