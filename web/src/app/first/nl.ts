// The words of the first page: one file less to wait for with each.
export { default as arrive } from '@/messages/nl/arrive.json';
export { default as design } from '@/messages/nl/design.json';
export { default as problems } from '@/messages/nl/problems.json';
export { default as shell } from '@/messages/nl/shell.json';
