package org.tornadolens.dsl.output;

import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a run found: its checks and recorded values, in the order they came. */
public final class RunRecord {

    public record Check(String name, boolean ok) {}

    private final List<Check> checks = new ArrayList<>();
    private final Map<String, JsonElement> records = new LinkedHashMap<>();

    public void check(String name, boolean ok) { checks.add(new Check(name, ok)); }

    /** A value recorded again under its name replaces the earlier one. */
    public void record(String name, JsonElement value) { records.put(name, value); }

    public List<Check> checks() { return Collections.unmodifiableList(checks); }

    public Map<String, JsonElement> records() { return Collections.unmodifiableMap(records); }

    public boolean passed() { return checks.stream().allMatch(Check::ok); }
}
