import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The balance of each account from its invoices and payments by Kafka Streams, exactly once (v2):
 * a state store with a changelog, and one outcome record for each event. A cache before the store
 * was tried and made it slower.
 *
 * <p>It prints "ready", waits for a line, and prints what it used as one line of JSON. The clock
 * runs from the first event it takes to the commit of the last; that of "warm" begins in the middle,
 * when its code is compiled. Arguments: bootstrap, source topic, outcome topic, events, threads,
 * state folder, application id.
 */
public final class Balances {
    private static final String STORE = "balances";
    private static final long POLL_MILLISECONDS = 10;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicLong DONE = new AtomicLong();
    private static final AtomicLong BEGAN = new AtomicLong();
    private static final AtomicLong MIDDLE = new AtomicLong();
    private static final AtomicLong CPU_BEFORE = new AtomicLong();
    private static final OperatingSystemMXBean SYSTEM =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static volatile long middle;

    private Balances() {}

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0];
        long events = Long.parseLong(arguments[3]);
        middle = events / 2;
        System.out.println("ready");
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        Properties settings = settings(bootstrap, arguments[4], arguments[5], arguments[6]);
        try (KafkaStreams streams = new KafkaStreams(topology(arguments[1], arguments[2]), settings);
                Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) bootstrap))) {
            streams.start();
            while (DONE.get() < events || committed(admin, arguments[6]) < events) {
                Thread.sleep(POLL_MILLISECONDS);
                if (streams.state() == KafkaStreams.State.ERROR) {
                    throw new IllegalStateException("the streams failed");
                }
            }
            report(events);
        }
    }

    private static Properties settings(String bootstrap, String threads, String folder, String name) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, folder);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        return settings;
    }

    private static Topology topology(String source, String outcomes) {
        Topology topology = new Topology();
        topology.addSource("events", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(), source);
        topology.addProcessor("balance", Balance::new, "events");
        topology.addStateStore(
            Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(STORE), Serdes.String(), Serdes.Long()),
            "balance");
        topology.addSink(
            "outcomes", outcomes, Serdes.String().serializer(), Serdes.ByteArray().serializer(), "balance");
        return topology;
    }

    private static long committed(Admin admin, String group) throws Exception {
        Map<?, OffsetAndMetadata> offsets =
            admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
        return offsets.values().stream().mapToLong(OffsetAndMetadata::offset).sum();
    }

    private static void report(long events) throws Exception {
        long ended = System.nanoTime();
        double cpu = (SYSTEM.getProcessCpuTime() - CPU_BEFORE.get()) / 1e9;
        ObjectNode usage = JSON.createObjectNode();
        usage.put("events", events);
        usage.put("seconds", (ended - BEGAN.get()) / 1e9);
        usage.put("warm_seconds", (ended - MIDDLE.get()) / 1e9);
        usage.put("client_cpu_seconds", cpu);
        usage.put("peak_memory_mb", peakMemory());
        System.out.println(JSON.writeValueAsString(usage));
    }

    private static double peakMemory() throws Exception {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
            .sum();
    }

    /** An invoice raises its account's balance, a payment lowers it. */
    private static final class Balance implements Processor<String, byte[], String, byte[]> {
        private ProcessorContext<String, byte[]> context;
        private KeyValueStore<String, Long> balances;

        @Override
        public void init(ProcessorContext<String, byte[]> context) {
            this.context = context;
            balances = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            if (BEGAN.compareAndSet(0, System.nanoTime())) {
                CPU_BEFORE.set(SYSTEM.getProcessCpuTime());
            }
            try {
                JsonNode event = JSON.readTree(record.value());
                long amount = event.get("data").get("amount").asLong();
                boolean invoice = event.get("type").asText().startsWith("billing.invoice.");
                Long before = balances.get(record.key());
                long after = (before == null ? 0 : before) + (invoice ? amount : -amount);
                balances.put(record.key(), after);
                ObjectNode outcome = JSON.createObjectNode();
                outcome.put("account", record.key());
                outcome.put("cause", event.get("id").asText());
                outcome.put("balance", after);
                context.forward(record.withValue(JSON.writeValueAsBytes(outcome)));
            } catch (java.io.IOException error) {
                throw new IllegalArgumentException("an event that is no JSON", error);
            }
            if (DONE.incrementAndGet() == middle) {
                MIDDLE.set(System.nanoTime());
            }
        }
    }
}
