import React, { type FC } from 'react'
const MARKUP: string = '<b>' + 'x'
type Props<T> = { html: T; items?: string[] }
export const View: FC<Props<string>> = ({ html, items = [] }) => {
  const [state, set] = React.useState<string | null>(null)
  const onClick = async (e: React.MouseEvent<HTMLDivElement>) => { eval(state!) }
  if (!html) return null
  return (
    <div className={`a ${state}`} dangerouslySetInnerHTML={{ __html: html }} {...items}>
      {items.map((i) => <li key={i} onClick={() => eval(i)}>{i}</li>)}
      {/* nosemgrep */}
      <p dangerouslySetInnerHTML={{ __html: MARKUP }} />
      <A.B c:d="e">text &nbsp; {' '}</A.B>
      <>{state ? <b>1</b> : 'none'}</>
    </div>
  )
}
class C<T,> extends React.Component<Props<T>> { render() { return <View html={location.hash} /> } }
