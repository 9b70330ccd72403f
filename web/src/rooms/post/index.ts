export { Post } from './Post';
export { Posts } from './Posts';
