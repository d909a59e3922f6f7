"""Values that fields of a kind are filled with: short lists, in the order in which they came to mind."""

from __future__ import annotations


def _listed(text: str) -> dict[str, list[str]]:
    """`name: value, value` on each line."""
    lines = (line.partition(": ") for line in text.strip().split("\n"))
    return {name: [value.strip() for value in values.split(",")] for name, _, values in lines}


POOLS: dict[str, list[str]] = _listed("""
status: active, pending, draft, approved, completed, cancelled, paused, archived, open, closed, shipped, delivered
run state: queued, running, succeeded, failed, cancelled, skipped, waiting
kind: standard, premium, basic, internal, external, primary, secondary, regular, custom, default
category: Electronics, Home & Garden, Books, Clothing, Sports, Toys, Groceries, Health, Beauty, Automotive, Music, Office, Travel, Food, Education, Finance
department: Engineering, Sales, Marketing, Finance, Human Resources, Operations, Legal, Customer Support, Procurement, Research, Design, Logistics, Quality, IT
industry: Manufacturing, Retail, Healthcare, Logistics, Banking, Insurance, Education, Energy, Agriculture, Construction, Media, Telecommunications, Hospitality, Software
genre: Drama, Comedy, Thriller, Science Fiction, Documentary, Fantasy, Romance, Horror, Mystery, Adventure, Biography, Jazz, Rock, Classical, Folk, Electronic
group: staff, engineering, finance, support, operations, marketing, guests, partners, editors, reviewers
color: red, green, blue, amber, violet, teal, navy, olive, maroon, coral, ivory, black, white, grey, orange, turquoise
gender: female, male, non-binary
marital status: single, married, divorced, widowed
blood type: A+, A-, B+, B-, AB+, AB-, O+, O-
mime: application/json, application/pdf, image/png, image/jpeg, text/plain, text/html, text/csv, audio/mpeg, video/mp4, application/xml, application/zip
unit: kg, g, l, ml, m, cm, mm, km, h, min, s, piece, box, pack, °C, kWh
size: XS, S, M, L, XL, XXL
license: MIT, Apache-2.0, BSD-3-Clause, GPL-3.0-only, MPL-2.0, ISC, LGPL-3.0-only, EUPL-1.2
weekday: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday
month: January, February, March, April, May, June, July, August, September, October, November, December
season: spring, summer, autumn, winter
level: low, medium, high, critical, normal, minor, major
log level: DEBUG, INFO, WARNING, ERROR, CRITICAL
difficulty: easy, medium, hard, beginner, intermediate, advanced, expert
environment: production, staging, development, testing
http method: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS
protocol: TCP, UDP, HTTP, HTTPS, TLS, MQTT, AMQP, SSH
encoding: UTF-8, UTF-16, ISO-8859-1, ASCII, Windows-1252
algorithm: SHA-256, SHA-512, RS256, HS256, ES256, AES-256-GCM, RSA-OAEP, bcrypt
format: json, csv, xml, yaml, parquet, pdf, html, markdown, text
extension: .json, .csv, .xml, .yaml, .pdf, .html, .md, .txt, .png, .py, .js
operator: equals, not_equals, contains, greater_than, less_than, between, in, not_in
operation: create, read, update, delete, list, copy, move, search
action: created, updated, deleted, viewed, approved, rejected, exported, imported, signed_in, signed_out
role: admin, editor, viewer, owner, member, guest, developer, analyst, auditor, operator
permission: read, write, delete, admin, read:users, write:orders, read:reports, export
platform: web, iOS, Android, Windows, macOS, Linux
social platform: Twitter, Facebook, Instagram, LinkedIn, YouTube, TikTok, Reddit, Mastodon
os: Windows 11, macOS 14, Ubuntu 22.04, Android 14, iOS 17, Debian 12, Fedora 40
architecture: amd64, arm64, x86_64, armv7, riscv64
browser: Chrome, Firefox, Safari, Edge, Opera, Brave
device: desktop, laptop, smartphone, tablet, smart TV, wearable
channel: email, sms, web, phone, chat, in_store, social, push
provider: aws, azure, gcp, digitalocean, hetzner, on-premise
cloud region: us-east-1, us-west-2, eu-west-1, eu-central-1, ap-southeast-2, ap-northeast-1, sa-east-1, ca-central-1
programming language: Python, JavaScript, TypeScript, Go, Rust, Java, C#, Ruby, Kotlin, Swift, PHP, Scala
framework: React, Django, Spring Boot, Rails, Vue, FastAPI, Angular, Laravel, Express
database: postgres, mysql, orders, customers, analytics, inventory, billing, sessions
branch: main, develop, release/2.4, feature/search, fix/login-redirect, staging, hotfix/3.1.2
git ref: refs/heads/main, refs/heads/develop, refs/tags/v1.4.0, refs/tags/v2.0.1
command: build, test, deploy, start, stop, lint, publish, migrate, clean, npm run build, make install, docker compose up
flag: --verbose, --force, --dry-run, --quiet, --output=json, --no-cache, --parallel=4, --debug
font: Inter, Roboto, Open Sans, Lato, Georgia, Helvetica Neue, Source Code Pro, Noto Sans
align: left, center, right, top, bottom, justify
direction: north, south, east, west, left, right, up, down
shape: circle, square, rectangle, triangle, hexagon, oval
theme: light, dark, system, high-contrast, solarized
event type: created, updated, deleted, opened, clicked, submitted, completed, failed
payment method: credit card, debit card, bank transfer, PayPal, invoice, cash, Apple Pay, direct debit
payment terms: Net 30, Net 14, Net 60, Due on receipt, 2/10 Net 30, 50% in advance
card brand: Visa, Mastercard, American Express, Discover, Maestro
account type: checking, savings, credit, business, investment, joint
carrier: DHL, UPS, FedEx, DPD, GLS, USPS, Royal Mail, Hermes, TNT
shipping method: standard, express, overnight, pickup, economy, same day
airline: Lufthansa, KLM, Air France, Delta Air Lines, Emirates, Qantas, Iberia, Finnair, Air Canada, Swiss, TAP Air Portugal
airport: LIS, MAD, CDG, HAM, MUC, VIE, ZRH, AMS, CPH, OSL, HEL, ATH, DUB, LHR, BOS, DEN, SEA, ORD, YYZ, NBO, CPT, KIX, MEL, FRA
aircraft: Airbus A320neo, Boeing 737-800, Airbus A350-900, Boeing 787-9, Embraer E195-E2, ATR 72-600
cabin class: economy, premium economy, business, first
room type: single, double, twin, suite, family, deluxe, studio, dormitory
amenity: free Wi-Fi, swimming pool, gym, parking, breakfast, spa, air conditioning, airport shuttle, bar, restaurant, pet friendly, laundry, room service, balcony
property type: apartment, house, condo, townhouse, villa, studio, loft, cottage
vehicle make: Toyota, Volkswagen, Ford, Honda, BMW, Hyundai, Renault, Volvo, Skoda, Kia
vehicle model: Corolla, Golf, Focus, Civic, 320i, Tucson, Clio, XC40, Octavia, Sportage
fuel: petrol, diesel, electric, hybrid, LPG, hydrogen
transmission: manual, automatic, dual clutch, CVT
material: cotton, wool, leather, oak, steel, aluminium, glass, ceramic, linen, bamboo, polyester, recycled plastic
cuisine: Italian, Mexican, Japanese, Indian, Thai, French, Greek, Lebanese, Korean, Spanish, Ethiopian, Vietnamese
diet: vegetarian, vegan, gluten-free, dairy-free, keto, pescatarian, low-carb, halal, kosher
ingredient: flour, sugar, butter, eggs, milk, olive oil, garlic, onion, tomatoes, basil, chicken breast, rice, pasta, black pepper, salt, lemon juice, potatoes, carrots, spinach, mushrooms, parmesan, cream, chickpeas, ginger, soy sauce, honey, salmon fillet, coriander, yoghurt, lentils, bell pepper, cinnamon
meal: breakfast, lunch, dinner, snack, brunch, dessert
allergy: peanuts, penicillin, pollen, shellfish, latex, dairy, eggs, wheat, soy, dust mites, bee venom, sulfa drugs
symptom: headache, fever, cough, fatigue, nausea, shortness of breath, chest pain, dizziness, sore throat, back pain, joint pain, rash, loss of appetite, insomnia
disease: type 2 diabetes, hypertension, asthma, migraine, pneumonia, osteoarthritis, anemia, gastritis, bronchitis, hypothyroidism, atrial fibrillation, eczema, influenza, iron deficiency
medication: metformin, lisinopril, atorvastatin, amoxicillin, ibuprofen, omeprazole, levothyroxine, paracetamol, salbutamol, sertraline, amlodipine, warfarin
dosage: 5 mg, 10 mg, 20 mg, 50 mg, 100 mg, 250 mg, 500 mg, 1 g, 5 ml, 10 ml
frequency: daily, weekly, monthly, quarterly, yearly, hourly, twice a day, every 8 hours, on demand
ward: Cardiology, Surgery, Neurology, Pediatrics, Oncology, Orthopedics, Intensive Care, Maternity, Emergency
specialty: cardiology, dermatology, pediatrics, neurology, orthopedics, psychiatry, radiology, general practice
procedure: appendectomy, MRI scan, blood test, colonoscopy, vaccination, ECG, ultrasound, physiotherapy
skill: Python, SQL, project management, data analysis, public speaking, Excel, negotiation, JavaScript, graphic design, accounting, customer service, machine learning, copywriting, Docker, team leadership
degree: Bachelor of Science, Bachelor of Arts, Master of Science, Master of Arts, MBA, PhD, Diploma, Associate Degree
school: University of Leeds, Boston College, University of Porto, TU Munich, University of Toronto, Kyoto University, University of Cape Town, Lund University, University of Melbourne, Leiden University
subject: Mathematics, Physics, History, Biology, Chemistry, Economics, Computer Science, Philosophy, Literature, Geography, Art, Music
course: Introduction to Statistics, Organic Chemistry, Modern European History, Data Structures, Microeconomics, Creative Writing, Linear Algebra, Human Anatomy, World Literature, Marketing Fundamentals
grade: A, A-, B+, B, B-, C+, C, D, F, pass
sport: football, tennis, basketball, swimming, running, cycling, rowing, volleyball, hockey, climbing
hobby: photography, hiking, chess, cooking, gardening, reading, painting, yoga, cycling, board games, bird watching
team: Platform, Payments, Growth, Data, Mobile, Search, Infrastructure, Onboarding, Security, Core API
topic: climate change, remote work, electric cars, healthy eating, machine learning, space travel, football, travel, housing market, renewable energy, mental health, open source, inflation, public transport
tag: urgent, featured, new, sale, beta, internal, popular, archived, outdoor, family, travel, backend, frontend, finance, health, summer, review, vip, research, tutorial
hashtag: #travel, #foodie, #fitness, #sustainability, #startup, #photography, #music, #tech, #fashion, #worldcup
feature: search, dark mode, notifications, single sign-on, export, offline mode, two-factor authentication, analytics, comments, version history
service: auth-service, billing-api, search-indexer, notification-worker, api-gateway, user-service, report-generator, order-service, image-resizer, payment-gateway
metric: cpu_usage, memory_usage, request_count, error_rate, latency_p95, disk_io, queue_depth, active_users, conversion_rate
event name: page_view, sign_up, add_to_cart, purchase, login, search, video_play, form_submit, subscription_renewed
logger: app.main, app.auth, app.db, app.http, worker.jobs, billing.invoices, search.index, api.middleware
thread: main, worker-1, worker-2, http-nio-8080-exec-3, scheduler-1, pool-1-thread-4, io-2
exception: ValueError, TimeoutError, ConnectionRefusedError, NullPointerException, KeyError, IllegalArgumentException, FileNotFoundError, PermissionDenied
error code: E1001, E1002, E2004, E3010, NOT_FOUND, TIMEOUT, INVALID_INPUT, RATE_LIMITED, UNAUTHORIZED, CONFLICT
stock symbol: AAPL, MSFT, GOOG, AMZN, NVDA, SAP, ASML, TM, NVO, SHEL, NESN, SIE, VOW3, BMW, KO, PEP, JNJ, V, UNH, DIS
stock exchange: NYSE, NASDAQ, LSE, XETRA, Euronext, TSE, HKEX, SIX
crypto: BTC, ETH, SOL, ADA, DOT, LTC, XRP
jurisdiction: EU, DE, FR, US-CA, US-NY, GB, CH, JP, SG, AU-NSW
relation: parent, child, sibling, spouse, friend, colleague, partner, guardian
honorific: Mr, Ms, Mrs, Dr, Prof
name suffix: Jr., Sr., II, III, PhD, MD
education level: high school, bachelor's degree, master's degree, doctorate, vocational training
employment type: full-time, part-time, contract, internship, temporary, freelance
age group: 18-24, 25-34, 35-44, 45-54, 55-64, 65+
income range: under 20k, 20k-40k, 40k-60k, 60k-80k, 80k-120k, over 120k
sentiment: positive, neutral, negative, mixed
yes no: yes, no
boolean text: true, false
blood pressure: 110/70, 118/76, 120/80, 124/82, 128/84, 135/88, 142/91, 150/95
weather: sunny, cloudy, light rain, heavy rain, snow, fog, windy, thunderstorm, clear
animal: dog, cat, horse, rabbit, parrot, goldfish, hamster, tortoise, sheep, owl
plant: oak, maple, lavender, basil, rose, fern, tulip, bamboo, ivy, sunflower
music instrument: piano, guitar, violin, drums, flute, cello, saxophone, trumpet
position side: goalkeeper, defender, midfielder, forward
container image: nginx:1.27, postgres:16.3, redis:7.2-alpine, node:20-slim, python:3.12, grafana/grafana:11.1.0, busybox:1.36, traefik:v3.0
gate: A4, A12, B7, B22, C3, C15, D9, E31
seat: 3A, 7C, 12F, 14B, 18D, 21A, 26E, 30C
bic: DEUTDEFF, BNPAFRPP, CHASUS33, INGBNL2A, BBVAESMM, NDEAFIHH, UBSWCHZH, BARCGB22, CGDIPTPL, KREDBEBB
cron: 0 * * * *, */15 * * * *, 0 3 * * *, 30 6 * * 1, 0 0 1 * *, 0 9 * * 1-5
aspect ratio: 16:9, 4:3, 1:1, 21:9, 3:2, 9:16
resolution: 1920x1080, 1280x720, 3840x2160, 2560x1440, 1024x768
codec: h264, h265, vp9, av1, aac, mp3, opus, flac
quantity text: 500m, 1, 2, 256Mi, 512Mi, 1Gi, 2Gi, 100m, 250m
age text: 2 years, 6 months, 35 years, 41 years, 18 months
score text: 7/10, 8/10, 4.5/5, 92%, 3 of 5
dimensions: 20 x 30 x 10 cm, 45 x 60 x 40 cm, 12 x 12 x 5 cm, 100 x 50 x 75 cm, 8.5 x 11 in
duration text: 30 minutes, 1 hour, 2 hours, 45 minutes, 90 minutes, 3 days, 1 week, 6 weeks
company suffix: GmbH, Ltd, LLC, Inc, SA, AG, BV
schedule: daily at 06:00, weekdays at 09:00, every Monday, first of the month, hourly
contact preference: email, phone, sms, post
consent: granted, denied, withdrawn, pending
tax category: standard, reduced, zero, exempt
referrer: https://www.google.com/, https://news.ycombinator.com/, https://www.bing.com/, https://duckduckgo.com/, https://www.linkedin.com/
compass: N, NE, E, SE, S, SW, W, NW
optimizer: adam, sgd, adamw, rmsprop, adagrad, lion
gpu: NVIDIA A100, NVIDIA H100, NVIDIA L4, RTX 4090, AMD MI300X, NVIDIA T4
reaction: 👍, ❤️, 😂, 🎉, 😮, 😢, 🚀, 👀
achievement: First Steps, Night Owl, Explorer, Team Player, Perfect Week, Speed Runner, Collector, Early Bird
http header: Accept, Authorization, Content-Type, User-Agent, Cache-Control, X-Request-Id, Accept-Language, If-None-Match
stack trace: at app.main (main.py:42), at OrderService.place (OrderService.java:118), at handler (index.js:27:14), at worker.run (worker.py:88), at Session.open (session.go:231)
""")  # noqa: E501
POOLS["user agent"] = [
    f"Mozilla/5.0 ({system}) {engine}/{number}.0"
    for system in ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 14_4")
    for engine in ("Gecko/20100101 Firefox", "AppleWebKit/537.36 Chrome", "AppleWebKit/605.1.15 Safari")
    for number in range(110, 131)
]
