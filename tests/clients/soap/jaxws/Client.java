// A tour of the record shop with JAX-WS: Client WSDL USERNAME PASSWORD 11|12 text|digest [arrays]
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import javax.xml.datatype.DatatypeFactory;
import javax.xml.namespace.QName;
import javax.xml.soap.SOAPElement;
import javax.xml.soap.SOAPHeader;
import javax.xml.ws.Binding;
import javax.xml.ws.BindingProvider;
import javax.xml.ws.handler.Handler;
import javax.xml.ws.handler.MessageContext;
import javax.xml.ws.handler.soap.SOAPHandler;
import javax.xml.ws.handler.soap.SOAPMessageContext;
import javax.xml.ws.soap.SOAPFaultException;

import records.*;

public class Client {
    /** Writes a UsernameToken into the header of each request. */
    static class Login implements SOAPHandler<SOAPMessageContext> {
        private static final String WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
        private static final String WSSE = WSS + "wssecurity-secext-1.0.xsd";
        private static final String WSU = WSS + "wssecurity-utility-1.0.xsd";
        private final String username;
        private final String password;
        private final boolean digest;

        Login(String username, String password, boolean digest) {
            this.username = username;
            this.password = password;
            this.digest = digest;
        }

        @Override
        public boolean handleMessage(SOAPMessageContext context) {
            if (!(Boolean) context.get(MessageContext.MESSAGE_OUTBOUND_PROPERTY)) {
                return true;
            }
            try {
                SOAPHeader header = context.getMessage().getSOAPHeader();
                if (header == null) {
                    header = context.getMessage().getSOAPPart().getEnvelope().addHeader();
                }
                byte[] nonce = new byte[16];
                new SecureRandom().nextBytes(nonce);
                String created = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
                SOAPElement security = header.addChildElement("Security", "wsse", WSSE);
                SOAPElement token = security.addChildElement("UsernameToken", "wsse");
                token.addChildElement("Username", "wsse").addTextNode(username);
                token.addChildElement("Password", "wsse")
                    .addAttribute(new QName("Type"), WSS + "username-token-profile-1.0#Password" + (digest ? "Digest" : "Text"))
                    .addTextNode(digest ? digestOf(nonce, created) : password);
                token.addChildElement("Nonce", "wsse").addTextNode(Base64.getEncoder().encodeToString(nonce));
                token.addChildElement("Created", "wsu", WSU).addTextNode(created);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            return true;
        }

        private String digestOf(byte[] nonce, String created) throws Exception {
            MessageDigest sha = MessageDigest.getInstance("SHA-1");
            sha.update(nonce);
            sha.update(created.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(sha.digest(password.getBytes(StandardCharsets.UTF_8)));
        }

        @Override
        public Set<QName> getHeaders() {
            return Collections.singleton(new QName(WSSE, "Security")); // else an answer's header is not understood
        }

        @Override
        public boolean handleFault(SOAPMessageContext context) {
            return true;
        }

        @Override
        public void close(MessageContext context) {}
    }

    static void logIn(TrivetPort shop, String username, String password, boolean digest) {
        Binding binding = ((BindingProvider) shop).getBinding();
        List<Handler> handlers = new ArrayList<>();
        handlers.add(new Login(username, password, digest));
        binding.setHandlerChain(handlers);
    }

    static void tell(String stop, Object found) {
        System.out.println(stop + ": " + found);
    }

    static OrderByList by(String field) {
        OrderBy item = new OrderBy();
        item.setField(field);
        OrderByList order = new OrderByList();
        order.getItem().add(item);
        return order;
    }

    static ArrayOfString strings(String... values) {
        ArrayOfString made = new ArrayOfString();
        Collections.addAll(made.getString(), values);
        return made;
    }

    static String titles(ListAlbumsResponse answer) {
        List<String> found = new ArrayList<>();
        for (Albums album : answer.getItems().getAlbums()) {
            found.add(album.getTitle());
        }
        return String.join(", ", found);
    }

    static Albums get(TrivetPort shop, int id) throws ServiceFault_Exception {
        GetAlbums request = new GetAlbums();
        request.setId(id);
        return shop.getAlbums(request).getAlbums();
    }

    public static void main(String[] args) throws Exception {
        String wsdl = args[0];
        String username = args[1];
        String password = args[2];
        boolean soap12 = args[3].equals("12");
        boolean digest = args[4].equals("digest");
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, "UTF-8"));

        TrivetService service = new TrivetService(new File(wsdl).toURI().toURL());
        TrivetPort shop = soap12 ? service.getTrivetSoap12Port() : service.getTrivetSoap11Port();
        logIn(shop, username, password, digest);

        // a list, a page of it, and what belongs to each row
        {
            Page page = new Page();
            page.setLimit(2);
            page.setIncludeTotal(true);
            ListAlbums request = new ListAlbums();
            request.setOrderBy(by("title"));
            request.setPage(page);
            request.setInclude(strings("artist", "tracks"));
            ListAlbumsResponse answer = shop.listAlbums(request);
            Albums first = answer.getItems().getAlbums().get(0);
            tell("listed", titles(answer));
            tell("total", answer.getTotalCount());
            tell("artist", first.getArtist().getName());
            List<String> tracks = new ArrayList<>();
            for (Tracks track : first.getTracks().getTracks()) {
                tracks.add(track.getTitle());
            }
            tell("tracks", String.join(", ", tracks));
        }

        // a filter: released, and either named so or dear
        {
            AlbumsFilter named = new AlbumsFilter();
            named.setTitle(new StringFilter());
            named.getTitle().setIlike("%of blue");
            AlbumsFilter dear = new AlbumsFilter();
            dear.setPrice(new DecimalFilter());
            dear.getPrice().setGt(new BigDecimal("14.00"));
            AlbumsFilter filter = new AlbumsFilter();
            filter.getOr().add(named);
            filter.getOr().add(dear);
            filter.setReleased(new DateFilter());
            filter.getReleased().setIsNull(false);
            ListAlbums request = new ListAlbums();
            request.setFilter(filter);
            request.setOrderBy(by("title"));
            tell("filtered", titles(shop.listAlbums(request)));
        }

        // a row, every type
        {
            Albums album = get(shop, 3);
            tell("price", album.getPrice());
            tell("stars", album.getStars());
            tell("plays", album.getPlays());
            tell("minutes", album.getMinutes());
            tell("live", album.isLive());
            tell("released", album.getReleased());
            tell("bought", album.getBought());
            tell("heard", album.getHeard());
            StringBuilder cover = new StringBuilder();
            for (byte each : album.getCover()) {
                cover.append(String.format("%02x", each));
            }
            tell("cover", cover);
            tell("details", album.getDetails());
            tell("mark", album.getMark());
            tell("notes", album.getNotes());
            tell("nothing", get(shop, 4).getReleased());
        }

        // a row made, changed and deleted
        {
            AlbumsInput input = new AlbumsInput();
            input.setArtistId(1);
            input.setTitle("Ascension");
            input.setPrice(new BigDecimal("12.50"));
            input.setReleased(DatatypeFactory.newInstance().newXMLGregorianCalendar("1966-02-01"));
            input.setNotes("signed");
            CreateAlbums create = new CreateAlbums();
            create.setAlbums(input);
            Albums made = shop.createAlbums(create).getAlbums();
            tell("created", made.getTitle() + " " + made.getPrice() + " " + made.getReleased() + " " + made.getNotes());

            UpdateAlbums update = new UpdateAlbums();
            update.setId(made.getId());
            update.setAlbums(new AlbumsPatch());
            update.getAlbums().setPrice(new BigDecimal("13.00"));
            update.setSetNull(strings("notes"));
            shop.updateAlbums(update);
            Albums changed = get(shop, made.getId());
            tell("changed", changed.getPrice() + " " + changed.getNotes());

            DeleteAlbums delete = new DeleteAlbums();
            delete.setId(made.getId());
            tell("deleted", shop.deleteAlbums(delete).getAffectedRows());
            tell("gone", get(shop, made.getId()));
        }

        // names that XML can't have
        {
            OrderDetailsFilter filter = new OrderDetailsFilter();
            filter.setOrderX0020No(new IntFilter());
            filter.getOrderX0020No().setEq(7);
            ListOrderDetails request = new ListOrderDetails();
            request.setFilter(filter);
            OrderDetails line = shop.listOrderDetails(request).getItems().getOrderDetails().get(0);
            tell("odd names", line.getX0032NdX0020Name() + " " + line.getUnitX0020Price());
        }

        // a fault, and what it carries
        try {
            CreateArtists create = new CreateArtists();
            create.setArtists(new ArtistsInput());
            create.getArtists().setName("Björk");
            shop.createArtists(create);
        } catch (ServiceFault_Exception e) {
            ServiceFault problem = e.getFaultInfo();
            tell("fault", problem.getCode() + " " + (problem.getTraceId() != null));
        }

        // a wrong password
        try {
            logIn(shop, username, "wrong", false);
            get(shop, 3);
        } catch (SOAPFaultException e) {
            QName code = soap12 ? e.getFault().getFaultSubcodes().next() : e.getFault().getFaultCodeAsQName();
            tell("refused", code.getLocalPart());
        }
        logIn(shop, username, password, digest);

        {
            ListPlaylists request = new ListPlaylists();
            request.setOrderBy(by("id"));
            List<Playlists> found = shop.listPlaylists(request).getItems().getPlaylists();
            List<String> minutes = new ArrayList<>();
            for (Integer each : found.get(0).getMinutes().getInt()) {
                minutes.add(each.toString());
            }
            tell("arrays", String.join(" ", found.get(0).getMoods().getString()) + ", " + String.join(" ", minutes));
            tell("empty", found.get(1).getMoods().getString().size() + " " + found.get(1).getMinutes());
        }
    }
}
