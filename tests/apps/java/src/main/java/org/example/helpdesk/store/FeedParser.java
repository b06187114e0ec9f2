package org.example.helpdesk.store;

import java.io.InputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;

/** Tickets of partners come as XML. */
public class FeedParser {
  public Document parse(InputStream in) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    // ruleid: java-xxe
    return factory.newDocumentBuilder().parse(in);
  }

  public Document parseStrictly(InputStream in) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    // ok: java-xxe
    return factory.newDocumentBuilder().parse(in);
  }
}
