export { Compose } from './Compose';
