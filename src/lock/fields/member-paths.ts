import type { FieldsV1 } from '../../kube/object.ts';
import { deeper, FieldsError } from './depth.ts';
import { childOf, isMember, LEAF, stepsOf } from './node.ts';
import { parseStep, type Step } from './step.ts';

/** The members of a set as lists of steps, for example `["f:data", "f:a"]`. Throws `FieldsError` at too deep a nesting. */
export function stepPaths(set: FieldsV1): readonly (readonly string[])[] {
  const paths: (readonly string[])[] = [];
  const visit = (node: FieldsV1, path: readonly string[], depth: number): void => {
    if (path.length > 0 && isMember(node)) paths.push(path);
    for (const step of stepsOf(node)) visit(childOf(node, step) ?? LEAF, [...path, step], deeper(depth));
  };
  visit(set, [], 0);
  return paths;
}

/**
 * The members of a set in words for people: `spec.template.spec.containers[name="app"].image`, `data["a.b"]`,
 * `metadata.finalizers[="x"]`. A place of which more is listed is left out, unless only the place itself is meant.
 */
export function memberPaths(set: FieldsV1): readonly string[] {
  const paths: string[] = [];
  const visit = (node: FieldsV1, path: string, depth: number): void => {
    const steps = stepsOf(node);
    if (steps.length === 0 && path !== '') paths.push(path);
    for (const step of steps) visit(childOf(node, step) ?? LEAF, path + inWords(step, path === ''), deeper(depth));
  };
  visit(set, '', 0);
  return paths;
}

/** One path in words for people. */
export function readablePath(steps: readonly string[]): string {
  return steps.map((step, index) => inWords(step, index === 0)).join('');
}

function inWords(text: string, first: boolean): string {
  const step = readable(text);
  switch (step?.kind) {
    case 'field':
      if (!/^[A-Za-z_][\w-]*$/.test(step.name)) return `[${JSON.stringify(step.name)}]`;
      return first ? step.name : `.${step.name}`;
    case 'item':
      return `[${step.keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    case 'member':
      return `[=${JSON.stringify(step.value)}]`;
    case 'index':
      return `[${step.index}]`;
    case undefined:
      return `[?${text}]`;
  }
}

// A path that is only shown to people must not fail because of one odd step.
function readable(step: string): Step | undefined {
  try {
    return parseStep(step);
  } catch (error) {
    if (error instanceof FieldsError) return undefined;
    throw error;
  }
}
