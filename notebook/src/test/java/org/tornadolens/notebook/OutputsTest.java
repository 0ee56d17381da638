package org.tornadolens.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class OutputsTest {

    private record Sent(String type, JsonObject content) {}

    private final List<Sent> sent = new ArrayList<>();
    private final Outputs outputs = new Outputs((type, parent, content) -> sent.add(new Sent(type, content)));

    private List<String> types() { return sent.stream().map(Sent::type).toList(); }

    @Test void progressIsUpdatedInPlaceAndTakenAwayBeforeTheValue() {
        outputs.begin(new JsonObject());
        outputs.show("scoring: 1 of 4", OptionalDouble.of(0.25));
        outputs.show("scoring: 2 of 4", OptionalDouble.of(0.5));
        outputs.end();
        outputs.result(1, Bundle.text("7"));
        outputs.finish();
        assertEquals(List.of("display_data", "update_display_data", "update_display_data", "clear_output",
                "execute_result"), types());
        JsonObject first = sent.get(0).content(), second = sent.get(1).content();
        assertEquals(first.get("transient"), second.get("transient"), "one display");
        assertTrue(second.getAsJsonObject("data").get("text/html").getAsString().contains("value=\"0.5\""));
    }

    @Test void outputsBesideProgressAreSentAgain() {
        outputs.begin(new JsonObject());
        outputs.out().println("before");
        outputs.show("working", OptionalDouble.empty());
        outputs.out().println("after");
        outputs.finish();
        assertEquals(List.of("stream", "display_data", "stream", "clear_output", "stream", "stream"), types());
        assertTrue(sent.get(3).content().get("wait").getAsBoolean(), "nothing flickers");
        assertEquals("before\n", sent.get(4).content().get("text").getAsString());
        assertEquals("after\n", sent.get(5).content().get("text").getAsString());
    }

    @Test void largeOutputsAreNotSentAgain() {
        outputs.begin(new JsonObject());
        outputs.display(Bundle.text("x".repeat(5 << 20)));
        outputs.show("working", OptionalDouble.empty());
        outputs.end();
        outputs.finish();
        assertEquals(List.of("display_data", "display_data", "update_display_data"), types());
        assertEquals("", sent.getLast().content().getAsJsonObject("data").get("text/plain").getAsString());
    }

    @Test void progressOutsideACellIsNotShown() {
        outputs.show("opening the model", OptionalDouble.empty());
        assertEquals(List.of(), types());
    }

    @Test void aCharacterIsNotCutBetweenTwoMessages() {
        TextStream stream = new TextStream();
        byte[] text = "a𝄞".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        stream.write(text, 0, 3);
        assertEquals("a", stream.take());
        stream.write(text, 3, 2);
        assertEquals("𝄞", stream.take());
        stream.write("ü€".getBytes(java.nio.charset.StandardCharsets.UTF_8), 0, 5);
        assertEquals("ü€", stream.take());
    }
}
