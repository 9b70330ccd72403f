// The words of the first page: one file less to wait for with each.
export { default as arrive } from '@/messages/en/arrive.json';
export { default as design } from '@/messages/en/design.json';
export { default as problems } from '@/messages/en/problems.json';
export { default as shell } from '@/messages/en/shell.json';
