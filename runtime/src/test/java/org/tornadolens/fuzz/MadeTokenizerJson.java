package org.tornadolens.fuzz;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSettings;
import org.tornadolens.tokenizer.TokenizerSource;

/** A tokenizer.json: a family's, damaged, or one by rules of steps, patterns and added tokens of every kind. */
record MadeTokenizerJson(String sound) implements Target {

    private static final List<String> NORMALIZERS = List.of("{'type':'NFC'}", "{'type':'NFKD'}", "{'type':'Lowercase'}",
            "{'type':'Strip','strip_left':true,'strip_right':true}", "{'type':'StripAccents'}",
            "{'type':'Prepend','prepend':'\u2581'}", "{'type':'Prepend','prepend':''}",
            "{'type':'Replace','pattern':{'String':' '},'content':'\u2581'}",
            "{'type':'Replace','pattern':{'String':'a'},'content':''}",
            "{'type':'Replace','pattern':{'String':'a'},'content':'aa'}",
            "{'type':'Replace','pattern':{'Regex':'(a+)+$'},'content':'b'}",
            "{'type':'Replace','pattern':{'String':''},'content':'b'}", "{'type':'Nmt'}");
    private static final List<String> SPLITS = List.of("{'type':'ByteLevel','add_prefix_space':false,'use_regex':true}",
            "{'type':'ByteLevel','add_prefix_space':true,'use_regex':false}",
            "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'first','split':true}",
            "{'type':'Digits','individual_digits':true}", "{'type':'Whitespace'}", "{'type':'WhitespaceSplit'}",
            "{'type':'Punctuation','behavior':'Contiguous'}",
            "{'type':'Split','pattern':{'Regex':'(?<=a|bc)b'},'behavior':'MergedWithPrevious','invert':true}",
            "{'type':'Split','pattern':{'Regex':'(a|aa)+$'},'behavior':'Isolated','invert':false}",
            "{'type':'Split','pattern':{'Regex':'(?<x>a\\\\g<x>?b?)'},'behavior':'Removed','invert':false}",
            "{'type':'Split','pattern':{'Regex':''},'behavior':'MergedWithNext','invert':false}",
            "{'type':'Split','pattern':{'String':'a'},'behavior':'Contiguous','invert':true}");
    private static final List<String> DECODERS = List.of("{'type':'ByteLevel'}", "{'type':'Fuse'}",
            "{'type':'ByteFallback'}", "{'type':'Strip','content':' ','start':1,'stop':0}",
            "{'type':'Strip','content':'a','start':1,'stop':1}", "{'type':'Strip','content':'b','start':9,'stop':9}",
            "{'type':'Metaspace','replacement':'\u2581','prepend_scheme':'always','split':true}",
            "{'type':'Replace','pattern':{'String':'\u2581'},'content':' '}", "{'type':'BPEDecoder','suffix':'a'}");
    private static final List<String> PROCESSORS = List.of("{'type':'ByteLevel','trim_offsets':true}",
            "{'type':'TemplateProcessing','single':[{'Sequence':{'id':'A','type_id':0}}],'pair':[{'Sequence':"
                    + "{'id':'A','type_id':0}},{'Sequence':{'id':'B','type_id':1}}],'special_tokens':{}}",
            "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'<s>','type_id':0}},{'Sequence':{'id':'B',"
                    + "'type_id':0}}],'pair':[],'special_tokens':{'<s>':{'id':'<s>','ids':[5],'tokens':['<s>']}}}",
            "{'type':'TemplateProcessing','single':[{'SpecialToken':{'id':'zz','type_id':0}}],'pair':[],"
                    + "'special_tokens':{}}");

    @Override public String name() { return "tokenizer.json " + (sound.isEmpty() ? "by rules" : sound); }

    @Override public Path write(Random random, Path folder) throws IOException {
        String text = sound.isEmpty() ? byRules(random)
                : JsonDamage.of(Files.readString(Damaged.resource("../tokenizers/" + sound + "/tokenizer.json")),
                        random);
        return Files.write(folder.resolve("tokenizer.json"),
                text.getBytes(StandardCharsets.UTF_8));
    }

    private static String byRules(Random random) {
        JsonObject json = new JsonObject(), model = new JsonObject(), vocabulary = new JsonObject();
        String letters = "abc \u2581\u0120\u00e9";
        int id = 0;
        for (String letter : letters.split("")) vocabulary.addProperty(letter, id++);
        JsonArray merges = new JsonArray();
        String word = "a";
        for (int i = random.nextInt(40); i > 0; i--) {
            String next = letters.substring(random.nextInt(3)).substring(0, 1);
            JsonArray merge = new JsonArray();
            merge.add(word);
            merge.add(next);
            merges.add(merge);
            word += next;
            if (!vocabulary.has(word)) vocabulary.addProperty(word, random.nextInt(40) == 0 ? id + 1000 : id);
            id++;
        }
        model.addProperty("type", "BPE");
        model.add("vocab", vocabulary);
        model.add("merges", merges);
        for (String text : List.of("continuing_subword_prefix", "end_of_word_suffix", "unk_token"))
            if (random.nextInt(10) == 0) model.addProperty(text, "a".repeat(random.nextInt(4)));
        for (String flag : List.of("byte_fallback", "fuse_unk", "ignore_merges"))
            model.addProperty(flag, random.nextInt(3) == 0);
        if (random.nextInt(20) == 0) model.addProperty("dropout", random.nextDouble() * 2 - 0.5);
        json.add("model", model);
        step(json, "normalizer", "normalizers", NORMALIZERS, random);
        step(json, "pre_tokenizer", "pretokenizers", SPLITS, random);
        step(json, "decoder", "decoders", DECODERS, random);
        step(json, "post_processor", "processors", PROCESSORS, random);
        JsonArray added = new JsonArray();
        for (int i = random.nextInt(4); i > 0; i--) {
            JsonObject token = new JsonObject();
            token.addProperty("id", id++);
            token.addProperty("content", List.of("<s>", "a", " ", "\u00e9a", "ab ").get(random.nextInt(5)));
            for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special"))
                token.addProperty(flag, random.nextBoolean());
            added.add(token);
        }
        json.add("added_tokens", added);
        return json.toString();
    }

    private static void step(JsonObject json, String part, String many, List<String> steps, Random random) {
        if (random.nextInt(3) == 0) return;
        int count = random.nextInt(4);
        if (count == 0) {
            json.add(part, read(steps.get(random.nextInt(steps.size()))));
            return;
        }
        JsonObject sequence = new JsonObject();
        JsonArray all = new JsonArray();
        for (int i = 0; i < count; i++) all.add(read(steps.get(random.nextInt(steps.size()))));
        sequence.addProperty("type", "Sequence");
        sequence.add(many, all);
        json.add(part, sequence);
    }

    private static JsonElement read(String step) { return JsonParser.parseString(step.replace('\'', '"')); }

    private static TokenizerSource source(Path file) {
        return new TokenizerSource.TokenizerJson(file, TokenizerSettings.NONE);
    }

    @Override public void open(Path file) { Tokenizer.open(source(file)); }

    @Override public void use(Path file) { Use.tokenizer(source(file)); }
}
