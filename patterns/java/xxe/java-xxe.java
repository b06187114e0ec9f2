package feeds;

import java.io.InputStream;
import java.io.StringReader;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamReader;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class FeedReader {
  Document read(InputStream in) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    // ruleid: java-xxe
    DocumentBuilder builder = factory.newDocumentBuilder();
    return builder.parse(in);
  }

  void events(InputStream in) throws Exception {
    // ruleid: java-xxe
    SAXParser parser = SAXParserFactory.newInstance().newSAXParser();
    XMLInputFactory streams = XMLInputFactory.newFactory();
    // ruleid: java-xxe
    XMLStreamReader reader = streams.createXMLStreamReader(in);
  }

  Document readSafely(InputStream in) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    // ok: java-xxe
    DocumentBuilder builder = factory.newDocumentBuilder();
    return builder.parse(in);
  }

  Document readOnlyKnownEntities(InputStream in) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    // ok: java-xxe
    DocumentBuilder builder = factory.newDocumentBuilder();
    builder.setEntityResolver((name, address) -> new InputSource(new StringReader("")));
    return builder.parse(in);
  }

  void eventsSafely(InputStream in) throws Exception {
    SAXParserFactory factory = SAXParserFactory.newInstance();
    factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
    // ok: java-xxe
    SAXParser parser = factory.newSAXParser();
    XMLInputFactory streams = XMLInputFactory.newFactory();
    streams.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    // ok: java-xxe
    XMLStreamReader reader = streams.createXMLStreamReader(in);
  }
}
