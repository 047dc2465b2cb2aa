import { deeper } from './depth.ts';
import { readablePath } from './member-paths.ts';
import { isList, isMap } from './value.ts';

/** Where a value contains null, in words for people: `spec.containers[0].image`. Throws `FieldsError` at too deep a nesting. */
export function nullPaths(value: unknown): readonly string[] {
  const paths: string[] = [];
  const visit = (part: unknown, steps: readonly string[], depth: number): void => {
    if (part === null) paths.push(readablePath(steps));
    else if (isList(part)) part.forEach((item, index) => visit(item, [...steps, `i:${index}`], deeper(depth)));
    else if (isMap(part)) for (const [name, member] of Object.entries(part)) visit(member, [...steps, `f:${name}`], deeper(depth));
  };
  visit(value, [], 0);
  return paths;
}
