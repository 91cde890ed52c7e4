/** A question about the drawn scenes. */
export interface Question {
  readonly title: string;
  /** What follows TO FIND. */
  readonly predicate: string;
  /** What is accepted: an attribute of WITH. `half`: half of the cost of the most accurate model. */
  readonly bound:
    | { readonly name: 'min_accuracy'; readonly value: number }
    | { readonly name: 'max_cost'; readonly value: 'half' };
}

export const questions: readonly Question[] = [
  {
    title: 'People in traffic, and no traffic light',
    predicate: 'person AND (car OR bus) AND NOT "traffic light"',
    bound: { name: 'min_accuracy', value: 0.9 },
  },
  {
    title: 'Something sweet or a pizza, and something to drink from',
    predicate: '(cake OR donut OR pizza) AND (cup OR "wine glass")',
    bound: { name: 'max_cost', value: 'half' },
  },
  {
    title: 'Two birds or a kite, and nobody in sight',
    predicate: '(bird >= 2 OR kite) AND NOT person',
    bound: { name: 'min_accuracy', value: 0.85 },
  },
];
