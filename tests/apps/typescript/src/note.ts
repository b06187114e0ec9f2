export interface CreateNote {
  title: string;
  text: string;
}

export class Note {
  id!: number;
  title!: string;
  text!: string;
}
